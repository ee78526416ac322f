"""What every ranked list has in common: precision at its hits, cut-off, divisor, mean."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from tfretrieval.codes import check_codes, check_packed, check_signs
from tfretrieval.evaluation.relevance import Relevance

Divisor = Literal["relevant", "retrieved"]
Missing = Literal["exclude", "zero"]


def stable_ranks(distances: np.ndarray, relevant: np.ndarray) -> np.ndarray:
    """Ranks of the relevant items, ascending, when ties keep the order of the database.

    Args:
        distances: ``[Q, N]``; one or two bytes each are sorted by counting, in linear time.
        relevant: bool ``[N]`` with R set, the same for all these queries.

    Returns:
        int64 ``[Q, R]``, the first rank is 1.

    >>> stable_ranks(np.array([[3, 0, 3]]), np.array([False, False, True])).tolist()
    [[3]]
    """
    ranks = np.empty((len(distances), np.count_nonzero(relevant)), np.int64)
    for row, found in zip(distances, ranks, strict=True):
        found[:] = relevant.take(row.argsort(kind="stable")).nonzero()[0]
    ranks += 1
    return ranks


def precision_sums(ranks: np.ndarray, cutoff: int) -> np.ndarray:
    """Sum of the precisions at the relevant items among the first ``cutoff`` ranks.

    Args:
        ranks: ranks of the relevant items, ascending, the first rank is 1, ``[Q, R]``.
        cutoff: ranks that count.

    Returns:
        float64 ``[Q]``. Relevant items at ranks 1 and 4 give 1/1 + 2/4.

    >>> precision_sums(np.array([[1, 4]]), cutoff=10).tolist()
    [1.5]
    """
    precisions = np.arange(1, ranks.shape[1] + 1) / ranks
    precisions[ranks > cutoff] = 0
    return precisions.sum(axis=1)


def hits_within(ranks: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Number of relevant items among the first ranks, int64 ``[Q, limits]``.

    >>> hits_within(np.array([[1, 4]]), np.array([3, 5])).tolist()
    [[1, 2]]
    """
    # All rows in one ascending line, each behind the last rank of all rows before it.
    room = ranks.max(initial=0) + 1
    starts = np.arange(len(ranks))[:, None]
    line = (ranks + starts * room).reshape(-1)
    found = line.searchsorted(np.minimum(limits, room - 1) + starts * room, side="right")
    return found - starts * ranks.shape[1]


def ratio(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    """``total / count``, and NaN where there is nothing to divide by.

    >>> ratio(np.array([1.0, 0.0]), np.array([2, 0])).tolist()
    [0.5, nan]
    """
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def mean_over_queries(values: np.ndarray, n_relevant: np.ndarray, missing: Missing) -> float:
    """Mean of a per-query figure; queries without relevant items are left out or count as 0.

    >>> mean_over_queries(np.array([0.5, np.nan]), np.array([3, 0]), "exclude")
    0.5
    >>> mean_over_queries(np.array([0.5, np.nan]), np.array([3, 0]), "zero")
    0.25
    """
    if missing == "zero":
        return float(np.nan_to_num(values).mean())
    counted = values[(n_relevant > 0) & ~np.isnan(values)]
    if not len(counted):
        raise ValueError("no query has a relevant item within the cut-off: there is no mean")
    return float(counted.mean())


def check_options(
    n_queries: int,
    n_database: int,
    ks: tuple[int, ...],
    cutoff: int | None,
    divisor: str,
    missing: str,
) -> int:
    """Checks what the rankings share and returns the cut-off as a number of ranks."""
    if n_queries == 0:
        raise ValueError("there are no queries")
    if n_database < 1:
        raise ValueError("the database has no item to rank")
    if not ks or any(k < 1 for k in ks):
        raise ValueError(f"ks must be one or more positive ranks, at least 1, got {ks}")
    if cutoff is not None and cutoff < 1:
        raise ValueError(f"cutoff must be a positive number of ranks, or None for all: {cutoff}")
    if divisor not in ("relevant", "retrieved"):
        raise ValueError(f"divisor must be 'relevant' or 'retrieved', got {divisor!r}")
    if missing not in ("exclude", "zero"):
        raise ValueError(f"missing must be 'exclude' or 'zero', got {missing!r}")
    return n_database if cutoff is None else min(cutoff, n_database)


def check_any_relevant(n_relevant: np.ndarray, missing: str) -> None:
    """Refuses labels by which nothing can be found, which is nearly always a mix-up of ids."""
    if missing == "exclude" and not n_relevant.any():
        raise ValueError(
            "no query has a relevant item in the database: do both use the same class ids?"
        )


def check_lengths(relevance: Relevance, n_queries: int, n_database: int) -> None:
    """Refuses labels of another length than their items."""
    for name, n_items, n_labels in (
        ("queries", n_queries, relevance.n_queries),
        ("database", n_database, relevance.n_database),
    ):
        if n_items != n_labels:
            raise ValueError(f"{name}: {n_items} items but {n_labels} labels")


def describe(
    *,
    ranking: str,
    ties: str,
    n_relevant: np.ndarray,
    n_database: int,
    cutoff: int | None,
    divisor: str,
    missing: str,
    leave_one_out: bool,
) -> str:
    """One sentence that says how the figures of a ranking were computed."""
    n_queries, without = len(n_relevant), int((n_relevant == 0).sum())
    left_out = "are left out of the mean" if missing == "exclude" else "count as 0"
    return (
        f"mAP of {n_queries} queries against {n_database} database items"
        f"{' (leave one out: the query itself is not ranked)' if leave_one_out else ''}, "
        f"ranked by {ranking}; {ties}; "
        f"{'no cut-off' if cutoff is None else f'cut off at rank {cutoff}'}; "
        "AP = sum of the precisions at the relevant items divided by the number of "
        f"{'all relevant' if divisor == 'relevant' else 'retrieved relevant'} items; "
        f"queries without {'relevant' if divisor == 'relevant' else 'retrieved relevant'} items "
        f"{left_out} ({without} queries have no relevant item)."
    )


def hamming_inputs(
    query_codes: ArrayLike,
    query_labels: ArrayLike,
    database_codes: ArrayLike,
    database_labels: ArrayLike,
    bits: int | None,
    leave_one_out: bool,
) -> tuple[np.ndarray, np.ndarray, int, Relevance]:
    """Packed codes of queries and database, their bits, and what is relevant, or what is wrong."""
    queries, bits_q = _packed(query_codes, bits, "query codes")
    database, n_bits = _packed(database_codes, bits, "database codes")
    if bits_q != n_bits:
        raise ValueError(f"query codes have {bits_q} bits, database codes {n_bits}")
    full = np.packbits(np.ones((1, n_bits), bool), axis=1)
    check_signs(queries == full, database == full)
    relevance = Relevance(query_labels, database_labels)
    check_lengths(relevance, len(queries), len(database))
    if leave_one_out and not np.array_equal(queries, database):
        raise ValueError("leave_one_out needs the database itself as queries, in the same order")
    return queries, database, n_bits, relevance


def _packed(codes: ArrayLike, bits: int | None, name: str) -> tuple[np.ndarray, int]:
    """Packed codes and their number of bits, whichever way they came."""
    array = np.asarray(codes)
    if bits is not None:
        return check_packed(array, bits, name), bits
    return np.packbits(check_codes(array, name) >= 0, axis=1), array.shape[1]
