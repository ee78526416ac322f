"""Hard-triplet mining over the whole training set, the rule of Pan et al. 2021."""

from collections.abc import Sequence
from math import ceil, floor

import numpy as np

from tfretrieval.ids import exact_ids

# Distances that are held at a time: 24 MB, and twice that for their order.
BLOCK = 6 << 20
# Samples that negatives are ranked among. All of a million would take ten hours, these take
# minutes (benchmarks/mining.py).
POOL = 20_000


def hard_triplets(
    embeddings: np.ndarray,
    labels: np.ndarray,
    beta: float = 0.5,
    seed: int | Sequence[int] = 0,
    pool: int = POOL,
) -> np.ndarray:
    """One hard triplet for every anchor that has a positive and a negative.

    With ``P`` the other samples of the anchor's class and ``N`` those of other classes, both
    ranked by Euclidean distance to the anchor, the positive is drawn evenly from the farthest
    ``max(1, floor(beta |P|))`` and the negative from the nearest ``max(1, ceil(0.1 beta |N|))``.

    Source: Pan et al. 2021, equation 4. The paper gives no value of beta, and indexes with random
    integers whose bounds it does not fix: the ranges above are our reading (0.5 our choice).

    Args:
        embeddings: ``[N, D]``, real.
        labels: integers ``[N]``.
        beta: hardness factor in (0, 1]; smaller is harder.
        seed: of the draw, an integer or several; the same seed and inputs give the same triplets.
        pool: where there are more samples than this, the negatives of each block of anchors are
            ranked among so many, drawn evenly: the rank is then drawn from the nearest
            ``max(1, ceil(0.1 beta |N|))`` with ``N`` those of the pool, the same share of it.

    Returns:
        int64 indices ``[T, 3]`` of anchor, positive, negative, anchors ascending. A class of one
        sample and a set of one class have no triplets.

    Raises:
        ValueError: beta outside (0, 1], shapes that do not fit, embeddings not finite, or labels
            that :func:`tfretrieval.ids.exact_ids` refuses.

    >>> x = np.array([[0.0], [1.0], [5.0], [7.0]])
    >>> hard_triplets(x, np.array([0, 0, 1, 2])).tolist()
    [[0, 1, 2], [1, 0, 2]]
    """
    embeddings = np.asarray(embeddings, np.float32)
    labels = exact_ids(labels, "labels", text=True)
    if not 0 < beta <= 1:
        raise ValueError(f"beta must be in (0, 1], got {beta}")
    if embeddings.ndim != 2 or labels.shape != embeddings.shape[:1]:
        raise ValueError(
            f"embeddings [N, D] and labels [N] expected, got {embeddings.shape} and {labels.shape}"
        )
    if not np.isfinite(embeddings).all():
        raise ValueError("embeddings hold NaN or infinity: the training that made them diverged")
    # Labels may be any integers; classes are their ranks.
    _, classes, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    classes = classes.reshape(-1)
    by_class, starts = np.argsort(classes, kind="stable"), np.cumsum(sizes) - sizes
    n_positive = sizes[classes] - 1
    n_negative = len(labels) - sizes[classes]
    anchors = np.flatnonzero((n_positive > 0) & (n_negative > 0))
    # Exact products: 0.1 * 0.5 * 120 is 6.000000000000001 in floating point, and its ceiling 7.
    hard_p = np.array([max(1, floor(round(beta * n, 9))) for n in range(sizes.max(initial=1))])
    hard_n = np.array([max(1, ceil(round(beta * n / 10, 9))) for n in range(len(labels) + 1)])
    generator = np.random.default_rng(seed)
    draw = generator.random((2, len(labels)))
    # The rank of the drawn sample: 0 is the farthest positive and the nearest negative.
    p_rank = (draw[0] * hard_p[n_positive]).astype(np.int64)
    n_rank = (draw[1] * hard_n[n_negative]).astype(np.int64)

    centred = embeddings - embeddings.mean(axis=0, keepdims=True) if len(labels) else embeddings
    if _far_outliers(embeddings):
        # The near ones would lose their order: the mean has left them, and float32 has no digits.
        centred = embeddings.astype(np.float64) - np.median(embeddings, axis=0)
    norms = np.einsum("nd,nd->n", centred, centred)
    triplets = np.empty((len(anchors), 3), np.int64)
    pooled = len(labels) > pool
    # Beside a pool the distances to an anchor's own class are taken apart, from its members.
    width = max(pool, sizes.max() * embeddings.shape[1]) if pooled else len(labels)
    step = max(1, BLOCK // max(1, width))
    for start in range(0, len(anchors), step):
        rows = anchors[start : start + step]
        # Samples of each anchor's class, padded with -1 to the largest class of the block.
        place = np.arange(sizes[classes[rows]].max())
        members = by_class[np.minimum(starts[classes[rows], None] + place, len(labels) - 1)]
        members[place >= sizes[classes[rows], None]] = -1
        block = triplets[start : start + step]
        block[:, 0] = rows
        # Squared distances less the anchor's own norm: the same order, one term fewer.
        if pooled:
            own = np.maximum(members, 0)
            products = np.einsum("bd,bmd->bm", centred[rows], centred[own])
            block[:, 1] = _positive(norms[own] - 2 * products, rows, members, p_rank[rows])
            drawn = np.sort(generator.choice(len(labels), pool, replace=False, shuffle=False))
            ranking = norms[drawn] - 2 * centred[rows] @ centred[drawn].T
            others = classes[rows, None] != classes[drawn]
            if others.any(axis=1).all():
                ranking[~others] = np.inf
                rank = (draw[1, rows] * hard_n[others.sum(axis=1)]).astype(np.int64)
                block[:, 2] = drawn[_nearest(ranking, rank)]
                continue
        ranking = norms - 2 * centred[rows] @ centred.T
        if not pooled:
            own = np.take_along_axis(ranking, np.maximum(members, 0), axis=1)
            block[:, 1] = _positive(own, rows, members, p_rank[rows])
        # A pad (-1) overwrites the first real member instead, which is masked anyway.
        own = np.where(members < 0, members[:, :1], members)
        np.put_along_axis(ranking, own, np.inf, axis=1)
        block[:, 2] = _nearest(ranking, n_rank[rows])
    return triplets


def _far_outliers(embeddings: np.ndarray) -> bool:
    """Whether some sample is so far from the others that they lie on one point beside it."""
    if not len(embeddings):
        return False
    lengths = np.square(embeddings - np.median(embeddings, axis=0)).sum(axis=1, dtype=np.float64)
    return bool(lengths.max() > 1e3 * np.median(lengths))


def _positive(
    distances: np.ndarray, rows: np.ndarray, members: np.ndarray, rank: np.ndarray
) -> np.ndarray:
    """The ``rank``-th farthest other member of each anchor's class."""
    distances[(members < 0) | (members == rows[:, None])] = -np.inf
    order = np.argsort(-distances, axis=1, kind="stable")
    chosen = np.take_along_axis(order, rank[:, None], axis=1)
    return np.take_along_axis(members, chosen, axis=1)[:, 0]


def _nearest(ranking: np.ndarray, rank: np.ndarray) -> np.ndarray:
    """The column of the ``rank``-th smallest entry of each row."""
    nearest = min(int(rank.max()) + 1, ranking.shape[1])
    if nearest < ranking.shape[1]:
        candidates = np.argpartition(ranking, nearest - 1, axis=1)[:, :nearest]
    else:
        candidates = np.broadcast_to(np.arange(nearest), (len(ranking), nearest))
    distances = np.take_along_axis(ranking, candidates, axis=1)
    order = np.argsort(distances, axis=1, kind="stable")
    chosen = np.take_along_axis(order, rank[:, None], axis=1)
    return np.take_along_axis(candidates, chosen, axis=1)[:, 0]
