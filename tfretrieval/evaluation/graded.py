"""Retrieval where pictures have several labels, and some answers are more right than others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tfretrieval.codes import hamming_distances
from tfretrieval.evaluation import _ranking, tie_aware

# Distances that are held at a time.
_BLOCK = 1 << 22


@dataclass(frozen=True, eq=False)
class GradedRetrieval:
    """Figures of each query, which are expected values over all orders inside ties.

    A query that shares no label with any item has none: NaN.

    Attributes:
        ndcg_at_k: float64 ``[Q, len(ks)]``.
        weighted_average_precision: float64 ``[Q]``.
        n_relevant: items that share a label, int64 ``[Q]``.
        ks: ranks of the NDCG.
        definition: what was counted, in words.
    """

    ndcg_at_k: np.ndarray
    weighted_average_precision: np.ndarray
    n_relevant: np.ndarray
    ks: tuple[int, ...]
    definition: str

    @property
    def mean_weighted_average_precision(self) -> float:
        """The weighted mAP, over the queries that share a label with an item."""
        return self._mean(self.weighted_average_precision)

    @property
    def mean_ndcg_at_k(self) -> np.ndarray:
        """The mean over the same queries, float64 ``[len(ks)]``."""
        return np.array([self._mean(column) for column in self.ndcg_at_k.T])

    def _mean(self, values: np.ndarray) -> float:
        return _ranking.mean_over_queries(values, self.n_relevant, "exclude")


def graded_retrieval(
    query_codes: ArrayLike,
    query_labels: ArrayLike,
    database_codes: ArrayLike,
    database_labels: ArrayLike,
    *,
    bits: int | None = None,
    ks: Sequence[int] = (10, 100),
    leave_one_out: bool = False,
) -> GradedRetrieval:
    """Ranks by Hamming distance, and counts how many labels an answer shares, r.

    * ``NDCG@k = sum_{i <= k} (2^r_i - 1) / log2(1 + i)``, divided by that of the best order.
    * Weighted AP: the mean of ``ACG@i = (r_1 + ... + r_i) / i`` over the ranks i of all items that
      share a label. Where no item shares more than one it is the AP.

    Items at one distance have no order. Both figures are the mean over all of their orders, in
    closed form: at a tie of n items behind t others, m of them relevant, each place has the mean
    gain; and with R the sum of r in the tie and S before it, its j-th place adds, on average,
    ``(m S + R) / n + (j - 1) R (m - 1) / (n (n - 1))``, over ``t + j``, to the weighted AP.

    Source: Zhao et al. 2015 (deep semantic ranking), equations of NDCG, ACG and weighted mAP, with
    ``r`` as they have it; ties by McSherry and Najork 2008.

    Args:
        query_codes, database_codes, bits, leave_one_out: as of
            :func:`~tfretrieval.evaluation.hamming_retrieval`.
        query_labels, database_labels: multi-hot, ``[Q, classes]`` and ``[N, classes]``.
        ks: ranks of the NDCG.

    Raises:
        ValueError: labels that are not multi-hot, codes or labels that do not fit together, a k
            below 1, queries none of which shares a label with an item.

    >>> codes, labels = np.array([[1, 1], [1, -1], [-1, -1]]), np.array([[1, 1], [1, 0], [1, 1]])
    >>> found = graded_retrieval(codes[:1], labels[:1], codes[1:], labels[1:], ks=(2,))
    >>> found.weighted_average_precision.tolist(), found.ndcg_at_k.round(4).tolist()
    ([1.25], [[0.7967]])
    """
    if np.ndim(query_labels) != 2 or np.shape(query_labels)[1] < 2:
        raise ValueError(
            f"query_labels must be multi-hot [Q, classes], got shape {np.shape(query_labels)}: "
            "with one label a picture the weighted AP is the AP of hamming_retrieval"
        )
    queries, database, n_bits, _ = _ranking.hamming_inputs(
        query_codes, query_labels, database_codes, database_labels, bits, leave_one_out
    )
    ks = tuple(int(k) for k in ks)
    n, total = len(queries), len(database)
    _ranking.check_options(n, total - leave_one_out, ks, None, "relevant", "exclude")

    shared = [np.asarray(each, np.float32) for each in (query_labels, database_labels)]
    discounts = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(2, total + 2)))])
    harmonic = tie_aware.harmonic_numbers(total)
    ndcg, weighted = np.empty((n, len(ks))), np.empty(n)
    relevant = np.empty(n, np.int64)
    block = max(1, _BLOCK // total)
    for start in range(0, n, block):
        rows = slice(start, min(start + block, n))
        distances = hamming_distances(queries[rows], database).astype(np.int64)
        r = np.rint(shared[0][rows] @ shared[1].T).astype(np.int64)
        if leave_one_out:
            own = np.arange(rows.start, rows.stop)
            # A level of its own behind all others, without a gain.
            distances[own - start, own], r[own - start, own] = n_bits + 1, 0
        levels = n_bits + 1 + leave_one_out
        items, hits, sums, gains = _by_level(distances, r, levels)[..., : n_bits + 1]
        relevant[rows] = hits.sum(axis=1)
        ndcg[rows] = _ndcg(items, gains, r, discounts, ks)
        weighted[rows] = _weighted(items, hits, sums, harmonic)
    _ranking.check_any_relevant(relevant, "exclude")
    return GradedRetrieval(
        ndcg,
        weighted,
        relevant,
        ks,
        "NDCG (gains 2^r - 1) and weighted mAP (mean ACG at items that share a label) of "
        f"{n} queries against {total - leave_one_out} database items, by Hamming distance of "
        f"{n_bits}-bit codes; r is the number of shared labels; tie-aware (expected value over all "
        f"orders of items at equal distance); {int((relevant == 0).sum())} queries without a "
        "relevant item are left out",
    )


def _by_level(distances: np.ndarray, r: np.ndarray, levels: int) -> np.ndarray:
    """Items, relevant items, sums of r and of gains at each distance, ``[4, Q, levels]``."""
    key = distances + levels * np.arange(len(distances))[:, None]
    size = levels * len(distances)
    weights = (None, r > 0, r, 2.0**r - 1)
    found = [np.bincount(key.ravel(), None if w is None else w.ravel(), size) for w in weights]
    return np.stack(found).reshape(4, len(distances), levels)


def _ndcg(
    items: np.ndarray, gains: np.ndarray, r: np.ndarray, discounts: np.ndarray, ks: Sequence[int]
) -> np.ndarray:
    best = np.stack([(r == value).sum(axis=1) for value in range(r.max(), -1, -1)], axis=1)
    values = 2.0 ** np.arange(r.max(), -1, -1) - 1
    columns = []
    for k in ks:
        ideal = _discounted(best, best * values, discounts, k)
        found = _discounted(items, gains, discounts, k)
        columns.append(_ranking.ratio(found, ideal))
    return np.stack(columns, axis=1)


def _discounted(items: np.ndarray, gains: np.ndarray, discounts: np.ndarray, k: int) -> np.ndarray:
    """DCG of tied levels one behind the other, each place with the mean gain of its level."""
    last = np.minimum(items.cumsum(axis=1), min(k, len(discounts) - 1)).astype(np.int64)
    first = np.concatenate([np.zeros((len(items), 1), np.int64), last[:, :-1]], axis=1)
    means = gains / np.maximum(items, 1)
    return np.asarray((means * (discounts[last] - discounts[first])).sum(axis=1))


def _weighted(
    items: np.ndarray, hits: np.ndarray, sums: np.ndarray, harmonic: np.ndarray
) -> np.ndarray:
    before = (items.cumsum(axis=1) - items).astype(np.int64)
    earlier = sums.cumsum(axis=1) - sums
    n = np.maximum(items, 1)
    slope = sums * (hits - 1) / (n * np.maximum(n - 1, 1))
    first = (hits * earlier + sums) / n - slope
    at_level = tie_aware.sum_of_ratios(harmonic, before, first, slope, items.astype(np.int64))
    total = np.where(hits > 0, at_level, 0).sum(axis=1)
    return _ranking.ratio(total, hits.sum(axis=1))
