"""margin1 of the adaptive triplet loss, over the mined set or over all pairs."""

import numpy as np

from tfretrieval.ids import exact_ids

# Distances that are held at a time: 16 MB in double precision.
BLOCK = 1 << 21
# Samples whose pairs are all measured: 200 million.
POOL = 20_000


def mined_margin(embeddings: np.ndarray, triplets: np.ndarray, squared: bool = False) -> float:
    """Mean gap ``d(A, N) - d(A, P)`` of a set of triplets; it may be negative.

    Source: Pan et al. 2021, equation 3, "all training samples" read as all mined triplets.

    Args:
        embeddings: ``[N, D]``.
        triplets: indices ``[T, 3]``.
        squared: squared Euclidean distances, for a loss with ``squared=True``.

    Raises:
        ValueError: no triplets.

    >>> mined_margin(np.array([[0.0], [1.0], [5.0]]), np.array([[0, 1, 2]]))
    4.0
    """
    triplets = np.asarray(triplets)
    if len(triplets) == 0:
        raise ValueError("no triplets: no class has two training pictures beside another class")
    anchor, positive, negative = np.moveaxis(np.asarray(embeddings)[triplets], 1, 0)
    d_ap = np.square(anchor - positive).sum(axis=1, dtype=np.float64)
    d_an = np.square(anchor - negative).sum(axis=1, dtype=np.float64)
    return float(np.mean(d_an - d_ap if squared else np.sqrt(d_an) - np.sqrt(d_ap)))


def all_pairs_margin(
    embeddings: np.ndarray, labels: np.ndarray, squared: bool = False, pool: int = POOL
) -> float:
    """Mean distance between classes less mean distance inside them, over all pairs.

    Source: Pan et al. 2021, equation 3 read literally: every pair of training samples.

    Args:
        embeddings: ``[N, D]``.
        labels: integers ``[N]``.
        squared: squared Euclidean distances, for a loss with ``squared=True``.
        pool: where there are more samples than this, the pairs are those of so many, drawn evenly.

    Raises:
        ValueError: no pair of one class, only one class, or labels that
            :func:`tfretrieval.ids.exact_ids` refuses.

    >>> all_pairs_margin(np.array([[0.0], [1.0], [5.0]]), np.array([0, 0, 1]))
    3.5
    """
    x, labels = np.asarray(embeddings), exact_ids(labels, "labels", text=True)
    if len(x) > pool:
        drawn = np.sort(np.random.default_rng(0).choice(len(x), pool, replace=False))
        x, labels = x[drawn], labels[drawn]
    x = x.astype(np.float64)
    x = x - x.mean(axis=0, keepdims=True)
    norms = np.einsum("nd,nd->n", x, x)
    sums, counts = np.zeros(2), np.zeros(2)
    step = max(1, BLOCK // max(1, len(x)))
    for start in range(0, len(x), step):
        rows = slice(start, start + step)
        distances = np.maximum(norms[rows, None] + norms[None, :] - 2 * x[rows] @ x.T, 0)
        if not squared:
            distances = np.sqrt(distances)
        same = labels[rows, None] == labels[None, :]
        sums += distances.sum(where=~same), distances.sum(where=same)
        counts += (~same).sum(), same.sum()
    # The diagonal is a pair of a sample with itself: distance 0, not counted.
    counts[1] -= len(x)
    if counts.min() <= 0:
        raise ValueError("margin1 over all pairs needs two classes and a class of two samples")
    between, within = sums / counts
    return float(between - within)
