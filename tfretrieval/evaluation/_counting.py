"""One pass over all Hamming distances: what lies at each distance, and the stable order.

Distances are small integers, so nothing has to be compared: a ranking is known once it is counted
how many items lie at each distance. Only the stable order needs more, the place of a relevant item
among the items at its own distance. Where a class is small against the database, that is counted
too: the relevant items divide the database into segments, and one table of (segment, distance)
holds, cumulated over the segments, how many items at its distance come before each of them. Where
it is large, a counting sort is cheaper.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from tfretrieval.codes import hamming_distances
from tfretrieval.evaluation import _ranking
from tfretrieval.evaluation.relevance import Relevance

# Distances that are held at a time (8 MB), and those that are worked on, within a cache; and of one
# query, whose keys take eight times as much.
_BLOCK = 1 << 23
_STEP = 1 << 18
_TILE = 1 << 15


class Counts(NamedTuple):
    """What the pass leaves behind; the last two only where the stable order was asked for."""

    items: np.ndarray  # int32 [Q, bits + 1]: items at distance <= d
    relevant: np.ndarray  # int32 [Q, bits + 1]: relevant items at distance <= d
    precisions: np.ndarray  # float64 [Q]: sum of precisions among the first limits[0] ranks
    hits: np.ndarray  # int64 [Q, limits]: relevant items among so many ranks


def count(
    queries: np.ndarray,
    database: np.ndarray,
    relevance: Relevance,
    bits: int,
    limits: np.ndarray,
    leave_one_out: bool,
    stable: bool,
) -> Counts:
    """Counts items and relevant items at each distance, and ranks the relevant ones.

    Args:
        queries: packed codes, uint8 ``[Q, bytes]``.
        database: packed codes, uint8 ``[N, bytes]``.
        relevance: what is relevant to each query.
        bits: length of a code.
        limits: numbers of ranks; the first is the cut-off of the sum of precisions.
        leave_one_out: query ``i`` is database item ``i``, and is not ranked.
        stable: rank the relevant items too.

    >>> codes = np.array([[0b0], [0b1], [0b11]], np.uint8) << 6
    >>> counts = count(codes[:1], codes, Relevance([5], [5, 0, 5]), 2, np.array([3]), False, True)
    >>> counts.items.tolist(), counts.relevant.tolist(), counts.hits.tolist()
    ([[1, 2, 3]], [[1, 1, 2]], [[2]])
    """
    n, levels = len(queries), bits + 1
    items, relevant = np.empty((2, n, levels), np.int32)
    precisions, hits = np.zeros(n), np.zeros((n, len(limits)), np.int64)
    block, step = (max(1, size // len(database)) for size in (_BLOCK, _STEP))
    order = relevance.by_class()
    for start in range(0, n, block):
        chosen = order[start : start + block]
        distances = hamming_distances(queries[chosen], database)
        if leave_one_out:
            # A level of its own behind all others: whatever is counted there is dropped.
            distances[np.arange(len(chosen)), chosen] = levels
        for part, members in relevance.groups(chosen, step):
            which, rows = chosen[part], distances[part]
            near = rows.take(members, axis=1)
            relevant[which] = _histograms(near, levels + leave_one_out)[:, :levels]
            if not stable:
                counts = _histograms(rows, levels + leave_one_out)
            else:
                counts, ranks = _ranks(rows, near, members, levels + leave_one_out)
                precisions[which] = _ranking.precision_sums(ranks, limits[0])
                hits[which] = _ranking.hits_within(ranks, limits)
            items[which] = counts[:, :levels]
    items.cumsum(axis=1, out=items)
    relevant.cumsum(axis=1, out=relevant)
    return Counts(items, relevant, precisions, hits)


def _histograms(distances: np.ndarray, levels: int) -> np.ndarray:
    """Number of items at each distance, int64 ``[Q, levels]``."""
    if distances.shape[1] < levels:
        # All queries in one count: a count of few items is all overhead.
        size = distances.shape[0] * levels
        keys = distances + np.arange(0, size, levels)[:, None]
        return np.bincount(keys.reshape(-1), minlength=size).reshape(-1, levels)
    counts = np.empty((len(distances), levels), np.int64)
    paired = 0
    if levels < 256 and distances.shape[1] > 4 * levels**2:
        # Two queries in one count of pairs of distances: half the work on a large database.
        paired = len(distances) // 2 * 2
        for query in range(0, paired, 2):
            key = distances[query].astype(np.uint16) * levels + distances[query + 1]
            pairs = np.bincount(key, minlength=levels**2).reshape(levels, levels)
            counts[query], counts[query + 1] = pairs.sum(axis=1), pairs.sum(axis=0)
    for query in range(paired, len(distances)):
        counts[query] = np.bincount(distances[query], minlength=levels)
    return counts


def _ranks(
    distances: np.ndarray, near: np.ndarray, members: np.ndarray, levels: int
) -> tuple[np.ndarray, np.ndarray]:
    """Histograms ``[Q, levels]``, and ranks of the relevant items, ascending, ``[Q, R]``.

    ``near`` holds the distances of the relevant items, those at ``members``.
    """
    n = distances.shape[1]
    marked = np.zeros(n, bool)
    marked[members] = True
    if (len(members) + 1) * levels > n:
        return _histograms(distances, levels), _ranking.stable_ranks(distances, marked)
    size = (len(members) + 1) * levels
    table = np.zeros((len(members) + 1, len(distances), levels), np.int32)
    passed = 0
    # Tiles of the database, so that the keys of a large one stay in the cache.
    for start in range(0, n, _TILE):
        tile = marked[start : start + _TILE]
        # An item belongs to the segment of the first relevant item at or behind it.
        segments = (passed + np.cumsum(tile) - tile) * levels
        passed += int(np.count_nonzero(tile))
        for query, row in enumerate(distances[:, start : start + _TILE]):
            counts = np.bincount(segments + row, minlength=size)
            table[:, query] += counts.reshape(-1, levels)
    _accumulate(table)
    counts = table[-1]
    level = near.astype(np.intp)
    queries = np.arange(len(distances))[:, None]
    before = (counts.cumsum(axis=1) - counts)[queries, level]
    ranks = before + table[np.arange(len(members)), queries, level]
    ranks.sort(axis=1)
    return counts, ranks


def _accumulate(table: np.ndarray) -> None:
    """Cumulates along the first axis, in place."""
    if 8 * len(table) > table[0].size:
        table.cumsum(axis=0, out=table)
    else:
        # NumPy walks down one column after the other, at a cost for each: few rows are faster.
        for before, row in pairwise(table):
            row += before
