r"""Figures of a ranking with ties, from how many items lie at each distance.

Hamming distances are small integers, so a ranking is full of ties, and a sort breaks them by
accident. Here nothing is sorted: a figure is its expected value over all orders inside the ties,
or its value for the best or the worst of them.

Level :math:`d` holds :math:`n_d` items, :math:`p_d` of them relevant; :math:`N` and :math:`P`
count the items and the relevant items of the levels before it. With
:math:`s = (p_d - 1) / (n_d - 1)` (0 when :math:`n_d = 1`), the precisions at the relevant items sum
up, on average over the orders, to

.. math:: \sum_d \frac{p_d}{n_d} \sum_{t=1}^{n_d} \frac{P + 1 + (t - 1) s}{N + t}

(McSherry and Najork, ECIR 2008; for hashing He et al., CVPR 2018). The inner sum is closed with
the harmonic numbers :math:`H`, so that a query costs ``bits + 1`` steps, not one for each item:

.. math:: \sum_{t=1}^{m} \frac{a + (t - 1) s}{N + t} = s m + (a - s - s N)(H_{N+m} - H_N)

A cut-off :math:`k` ends each inner sum at :math:`m = \min(n_d, k - N)`; the value stays an exact
expectation, since every position of a level is equally likely to hold a relevant item.

All functions take cumulated tables, ``[Q, levels]`` integers: items, and relevant items, at
distance ``<= d``.
"""

import functools

import numpy as np


def precision_sums(
    items: np.ndarray, relevant: np.ndarray, cutoff: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sums of the precision at each relevant item among the first ``cutoff`` ranks.

    Args:
        items: cumulated number of items, ``[Q, levels]``.
        relevant: cumulated number of relevant items, ``[Q, levels]``.
        cutoff: ranks that count.

    Returns:
        Expected value over all orders inside ties, value with relevant items first, value with
        relevant items last; float64 ``[Q]`` each. Divided by the number of relevant items they are
        average precisions.

    Three items at distance 0, one of them relevant: 1, 1/2 and 1/3 are equally likely.

    >>> sums = precision_sums(np.array([[3]]), np.array([[1]]), cutoff=3)
    >>> [round(float(x[0]), 4) for x in sums]
    [0.6111, 1.0, 0.3333]
    """
    # Only levels that hold a relevant item add to a sum: one flat entry for each of them.
    queries, levels = np.nonzero(np.diff(relevant, axis=1, prepend=0))
    n, before = _level(items, queries, levels)
    p, hits = _level(relevant, queries, levels)
    run = functools.partial(sum_of_ratios, harmonic_numbers(int(items.max(initial=0))))
    room = np.clip(cutoff - before, 0, n)
    slope = (p - 1) / np.maximum(n - 1, 1)
    last = before + n - p
    expected = p / n * run(before, hits + 1 - slope, slope, room)
    best = run(before, hits, 1, np.minimum(p, room))
    worst = run(last, hits, 1, np.clip(cutoff - last, 0, p))
    total = [np.bincount(queries, values, len(items)) for values in (expected, best, worst)]
    return total[0], total[1], total[2]


def sum_of_ratios(
    harmonic: np.ndarray,
    start: np.ndarray,
    first: np.ndarray,
    slope: np.ndarray | int,
    length: np.ndarray,
) -> np.ndarray:
    """Sum of ``(first + i * slope) / (start + i)`` for i = 1 .. length.

    Args:
        harmonic: :func:`harmonic_numbers` up to ``start + length``.

    >>> one = np.array([1])
    >>> float(sum_of_ratios(harmonic_numbers(2), 0 * one, 0.0 * one, 1, 2 * one)[0])
    2.0
    """
    reach = harmonic[start + length] - harmonic[start]
    return slope * length + (first - slope * start) * reach


def expected_hits(items: np.ndarray, relevant: np.ndarray, k: int) -> np.ndarray:
    """Expected number of relevant items among the first ``k``, float64 ``[Q]``.

    >>> expected_hits(np.array([[4]]), np.array([[2]]), k=1).tolist()
    [0.5]
    """
    n, p, hits, drawn = _divided_level(items, relevant, k)
    return hits + p * drawn / np.maximum(n, 1)


def hit_probability(items: np.ndarray, relevant: np.ndarray, k: int) -> np.ndarray:
    """Probability of at least one relevant item among the first ``k``, float64 ``[Q]``.

    >>> hit_probability(np.array([[4]]), np.array([[2]]), k=2).round(4).tolist()
    [0.8333]
    """
    n, p, hits, drawn = _divided_level(items, relevant, k)
    factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n.max(initial=0) + 1)))])
    # Drawing without replacement misses with probability C(n - p, drawn) / C(n, drawn).
    spare = n - p - drawn
    log_miss = (factorial[n - p] - factorial[n]) + (
        factorial[n - drawn] - factorial[np.maximum(spare, 0)]
    )
    return 1 - np.where((hits > 0) | (spare < 0), 0.0, np.exp(log_miss))


def _divided_level(
    items: np.ndarray, relevant: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The level that rank ``k`` falls into: its items, relevant ones, hits before, ranks used."""
    levels = np.minimum((items < k).sum(axis=1), items.shape[1] - 1)
    queries = np.arange(len(items))
    n, before = _level(items, queries, levels)
    p, hits = _level(relevant, queries, levels)
    return n, p, hits, np.clip(k - before, 0, n)


def _level(
    cumulated: np.ndarray, queries: np.ndarray, levels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Count of each ``[query, level]``, and count before it."""
    upto = cumulated[queries, levels].astype(np.int64)
    before = np.where(levels > 0, cumulated[queries, levels - 1], 0).astype(np.int64)
    return upto - before, before


def harmonic_numbers(n: int) -> np.ndarray:
    """``H_0 .. H_n``, float64 ``[n + 1]``."""
    # Differences of neighbours matter, so the running sum is kept longer than the result.
    steps = 1 / np.arange(1, n + 1, dtype=np.longdouble)
    return np.concatenate([[0], np.cumsum(steps)]).astype(np.float64)
