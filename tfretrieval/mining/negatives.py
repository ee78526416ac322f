"""Hard negatives from a pool, of different things."""

import numpy as np
from numpy.typing import ArrayLike

from tfretrieval.ids import exact_ids
from tfretrieval.rows import repeated_rows

# Similarities that are held at a time: 24 MB.
_BLOCK = 6 << 20


def hard_negatives(
    queries: ArrayLike,
    query_clusters: ArrayLike,
    pool: ArrayLike,
    pool_clusters: ArrayLike,
    count: int = 5,
    hardest: bool = True,
) -> np.ndarray:
    """The pictures of a pool that are most similar to each query, at most one of a cluster.

    Similarity is the inner product. A picture of the query's own cluster is never a negative; of
    every other cluster the most similar picture stands for it.

    Source: Radenovic et al. 2019, section 4.

    Args:
        queries: ``[Q, D]`` descriptors of unit length.
        query_clusters: integers ``[Q]``: which thing, or 3-D model, each shows.
        pool: ``[P, D]`` descriptors.
        pool_clusters: integers ``[P]``.
        count: negatives of a query.
        hardest: False for the least similar clusters, the literal "bottom five" of Fan et al. 2019:
            such negatives lie beyond any margin and teach next to nothing.

    Returns:
        int64 indices into the pool ``[Q, count]``, the most similar first.

    Raises:
        ValueError: shapes that do not fit, values that are not finite, or a pool of fewer other
            clusters than ``count``.

    >>> pool = [[1.0, 0.0], [0.9, 0.1], [0.8, 0.2], [0.0, 1.0]]
    >>> hard_negatives([[1.0, 0.0]], [7], pool, [7, 1, 1, 2], count=2).tolist()
    [[1, 3]]
    """
    queries, pool = np.asarray(queries, np.float32), np.asarray(pool, np.float32)
    own = exact_ids(query_clusters, "query clusters", text=True)
    clusters = exact_ids(pool_clusters, "pool clusters", text=True)
    _check(queries, own, pool, clusters, count)
    # Pictures by cluster, so that a cluster is a slice.
    by_cluster = np.argsort(clusters, kind="stable")
    names, starts, sizes = np.unique(clusters[by_cluster], return_index=True, return_counts=True)
    place = np.searchsorted(names, own)
    present = names[np.minimum(place, len(names) - 1)] == own
    if lacking := np.flatnonzero(len(names) - present < count).tolist():
        raise ValueError(
            f"a tuple needs {count} negatives of different clusters, and the pool has "
            f"{len(names) - int(present[lacking[0]])} beside that of query {lacking[0]}: take a "
            "larger pool, or fewer negatives"
        )
    ordered = pool[by_cluster]
    again, first = repeated_rows(ordered)
    sign = 1 if hardest else -1
    found = np.empty((len(queries), count), np.int64)
    step = max(1, _BLOCK // max(len(pool), count * int(sizes.max())))
    for start in range(0, len(queries), step):
        rows = np.arange(start, min(start + step, len(queries)))
        similarity = queries[rows] @ ordered.T
        similarity[:, again] = similarity[:, first]
        best = sign * np.maximum.reduceat(similarity, starts, axis=1)
        known = present[rows]
        best[np.flatnonzero(known), place[rows][known]] = -np.inf
        chosen = np.argsort(-best, axis=1, kind="stable")[:, :count][:, ::sign]
        # The member of each chosen cluster that gave its value; slices are padded to the longest.
        offset = np.arange(sizes[chosen].max())
        members = np.minimum(starts[chosen][..., None] + offset, len(pool) - 1)
        values = similarity[np.arange(len(rows))[:, None, None], members]
        values[offset >= sizes[chosen][..., None]] = -np.inf
        found[rows] = by_cluster[starts[chosen] + values.argmax(axis=2)]
    return found


def _check(queries, own, pool, clusters, count):
    if count < 1:
        raise ValueError(f"count must be at least 1, got {count}")
    for name, x, ids in (("query", queries, own), ("pool", pool, clusters)):
        if x.ndim != 2 or ids.shape != x.shape[:1]:
            raise ValueError(
                f"{name} descriptors [N, D] need one cluster each, got shapes {x.shape} and "
                f"{ids.shape}"
            )
        if not np.isfinite(x).all():
            raise ValueError(f"{name} descriptors hold NaN or infinity: the training diverged")
    if queries.shape[1] != pool.shape[1] or not len(pool):
        raise ValueError(
            f"queries have {queries.shape[1]} dimensions, the pool is of shape {pool.shape}"
        )
