"""One pass over all Hamming distances: what lies at each distance, and the stable order.

Distances are small integers, so nothing has to be compared: a ranking is known once it is counted
how many items lie at each distance. Only the stable order needs more, the place of a relevant item
among the items at its own distance. Where a class is small against the database, that is counted
too: the relevant items divide the database into segments, items are counted by (distance, segment),
and the running sum of these counts is the rank of a relevant item where its own stand. Where a
class is large, a counting sort is cheaper.
"""

import functools
from typing import NamedTuple

import numpy as np

from tfretrieval.codes import hamming_distances
from tfretrieval.evaluation import _ranking
from tfretrieval.evaluation.relevance import Relevance

# Distances that are held at a time (8 MB), and those that are worked on, within a cache; and of one
# query, whose keys take eight times as much.
_BLOCK = 1 << 23
_STEP = 1 << 18
_TILE = 1 << 16
# Counts a database item up to which no sort is cheaper.
_LARGE = 2
# Counts of several queries at once: what takes more memory is new memory of the system each time.
_ROOM = 1 << 14


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
    order, keys = relevance.by_class(), np.empty(_TILE, np.intp)
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
                counts = _histograms(rows, levels + leave_one_out).cumsum(axis=1)
            else:
                counts, ranks = _ranks(rows, near, members, levels + leave_one_out, keys)
                precisions[which] = _ranking.precision_sums(ranks, limits[0])
                hits[which] = _ranking.hits_within(ranks, limits)
            items[which] = counts[:, :levels]
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
    distances: np.ndarray, near: np.ndarray, members: np.ndarray, levels: int, keys: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Items at distance <= d, ``[Q, levels]``, and ranks of the relevant items, ascending,
    ``[Q, R]``.

    ``near`` holds the distances of the relevant items, those at ``members``. ``keys`` is room for
    `_TILE` of them.
    """
    n, segments = distances.shape[1], len(members) + 1
    size = segments * levels
    if size > _LARGE * n:
        marked = np.zeros(n, bool)
        marked[members] = True
        counts = _histograms(distances, levels).cumsum(axis=1)
        return counts, _ranking.stable_ranks(distances, marked)
    # Keys of two bytes are made faster than those of eight, and several queries counted at once.
    dtype = np.uint16 if size <= 1 << 16 else np.uint32
    batch = max(1, min(_TILE // n, _ROOM // size))
    starts: np.ndarray = (np.arange(batch) * size).astype(dtype)[:, None]
    # An item belongs to the segment of the first relevant item at or behind it.
    lengths = np.diff(members, prepend=-1, append=n - 1)
    segment_of = starts + np.repeat(np.arange(segments, dtype=dtype), lengths)
    counts = np.empty((len(distances), levels), np.int64)
    ranks = np.empty(near.shape, np.int64)
    places = near.astype(np.intp) * segments + np.arange(len(members))
    for first in range(0, len(distances), batch):
        which = slice(first, first + batch)
        rows = distances[which]

        def count_of(start: int, rows: np.ndarray = rows) -> np.ndarray:
            tile = slice(start, start + _TILE)
            short = np.multiply(rows[:, tile], segments, dtype=dtype)
            short += segment_of[: len(rows), tile]
            # Here, or bincount would do so in new memory each time.
            keys[: short.size] = short.reshape(-1)
            return np.bincount(keys[: short.size], minlength=len(rows) * size)

        # Tiles of the database, so that the keys of a large one stay in the cache.
        table = functools.reduce(np.add, map(count_of, range(0, n, _TILE))).reshape(-1, size)
        table.cumsum(axis=1, out=table)
        counts[which] = table[:, segments - 1 :: segments]
        ranks[which] = table.reshape(-1)[places[which] + starts[: len(rows)]]
    ranks.sort(axis=1)
    return counts, ranks
