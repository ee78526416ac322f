"""How much of a difference between two rankings is the choice of queries."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

# Queries that are drawn at a time.
DRAWN_AT_ONCE = 1 << 14


class BootstrapInterval(NamedTuple):
    """Mean difference over the queries and its percentile interval."""

    difference: float
    low: float
    high: float


def paired_bootstrap(
    ap_a: ArrayLike,
    ap_b: ArrayLike,
    *,
    samples: int = 10_000,
    seed: int = 0,
    level: float = 0.95,
) -> BootstrapInterval:
    """Percentile bootstrap interval of ``mean(ap_a - ap_b)``, resampling queries in pairs.

    Both systems answer the same queries, so a resample draws queries with replacement and takes
    the difference of each drawn query (Efron and Tibshirani 1993, chapter 13). The interval speaks
    about other queries, not about other training runs: a seed of the training is not a query.

    Args:
        ap_a: per-query figure of one system, ``[Q]``; queries with NaN in both are left out.
        ap_b: the same queries, answered by the other system, ``[Q]``.
        samples: number of resamples.
        seed: seed of the resampling.
        level: coverage, between 0 and 1.

    Returns:
        Mean difference, lower and upper end.

    Raises:
        ValueError: different lengths, a query that only one system has a figure for, no query, or
            ``samples`` or ``level`` out of range.

    >>> interval = paired_bootstrap([0.5, 0.7, np.nan], [0.4, 0.6, np.nan])
    >>> [round(float(x), 4) for x in interval]
    [0.1, 0.1, 0.1]
    """
    a, b = np.asarray(ap_a, np.float64), np.asarray(ap_b, np.float64)
    if a.ndim != 1 or a.shape != b.shape:
        raise ValueError(f"both figures must be [Q] over the same queries: {a.shape} and {b.shape}")
    if not np.array_equal(np.isnan(a), np.isnan(b)):
        raise ValueError("some queries have a figure in one system only: compare the same labels")
    difference = (a - b)[~np.isnan(a)]
    if not len(difference):
        raise ValueError("there is no query to resample")
    if samples < 1:
        raise ValueError(f"samples must be at least 1, got {samples}")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    rng = np.random.default_rng(seed)
    # All draws together would be samples x queries numbers; the same ones, whatever the block.
    block = max(1, DRAWN_AT_ONCE // len(difference))
    means = np.concatenate(
        [
            difference[rng.integers(0, len(difference), (count, len(difference)))].mean(axis=1)
            for count in np.diff([*range(0, samples, block), samples])
        ]
    )
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return BootstrapInterval(float(difference.mean()), float(low), float(high))
