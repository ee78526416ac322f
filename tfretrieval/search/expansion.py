"""Query expansion and database-side augmentation: neighbours speak for a picture."""

import numpy as np
from numpy.typing import ArrayLike

from tfretrieval.rows import repeated_rows

# Similarities that are held at a time: 24 MB.
_BLOCK = 6 << 20


def rank(
    queries: ArrayLike, database: ArrayLike, top: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The database by inner product with each query, best first.

    Args:
        queries: ``[Q, D]`` descriptors of unit length.
        database: ``[N, D]``.
        top: ranks that are wanted, all by default.

    Returns:
        Indices into the database, int32 ``[Q, top]``, and similarities, float32. Equal
        similarities keep the order of the database.

    Raises:
        ValueError: shapes that do not fit, NaN or infinite values, ``top`` beyond the database.

    >>> indices, similarities = rank([[1.0, 0.0]], [[0.0, 1.0], [0.6, 0.8], [1.0, 0.0]], top=2)
    >>> indices.tolist(), similarities.astype(float).round(4).tolist()
    ([[2, 1]], [[1.0, 0.6]])
    """
    x, y = np.asarray(queries, np.float32), np.asarray(database, np.float32)
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1]:
        raise ValueError(f"descriptors must be [N, D] of one D, got shapes {x.shape}, {y.shape}")
    for name, rows in (("queries", x), ("database", y)):
        if not np.isfinite(rows).all():
            raise ValueError(f"descriptors of the {name} hold NaN or infinite values")
    top = len(y) if top is None else top
    if not 1 <= top <= len(y):
        raise ValueError(f"top must be in 1..{len(y)}, got {top}")
    indices = np.empty((len(x), top), np.int32)
    similarities = np.empty((len(x), top), np.float32)
    step = max(1, _BLOCK // len(y))
    again, first = repeated_rows(y)
    for start in range(0, len(x), step):
        block = slice(start, start + step)
        found = x[block] @ y.T
        found[:, again] = found[:, first]
        order = np.argsort(-found, axis=1, kind="stable")[:, :top]
        indices[block], similarities[block] = order, np.take_along_axis(found, order, axis=1)
    return indices, similarities


def expand_queries(
    queries: ArrayLike, database: ArrayLike, neighbours: int = 10, alpha: float = 0.0
) -> np.ndarray:
    """Each query plus its nearest neighbours, scaled to length one: ``q + sum_i s_i^alpha x_i``.

    ``s_i`` is the similarity. ``alpha=0`` is average query expansion (Chum et al. 2007): every
    neighbour counts as much as the query. With ``alpha=3`` nearer ones count more, and those of a
    similarity below zero not at all (Radenovic et al. 2019).

    Args:
        queries: ``[Q, D]`` descriptors of unit length.
        database: ``[N, D]``; a query among them is its own first neighbour, and so counts twice.
        neighbours: how many are added.
        alpha: power of their similarity.

    Returns:
        float32 ``[Q, D]``: search with these again.

    Raises:
        ValueError: shapes that do not fit, NaN or infinite values, more neighbours than the
            database has, negative alpha.

    >>> expanded = expand_queries([[1.0, 0.0]], [[0.0, 1.0], [-1.0, 0.0]], neighbours=1)
    >>> expanded.astype(float).round(4).tolist()
    [[0.7071, 0.7071]]
    """
    x = np.asarray(queries, np.float32)
    return _unit(x + _weighted(x, database, neighbours, alpha))


def augment_database(database: ArrayLike, neighbours: int = 10, alpha: float = 0.0) -> np.ndarray:
    """Each picture of a database plus its nearest neighbours, as :func:`expand_queries`.

    A picture is its own first neighbour and counts once. Source: Turcot and Lowe 2009, Arandjelovic
    and Zisserman 2012.

    Returns:
        float32 ``[N, D]``: search these.

    Raises:
        ValueError: as :func:`expand_queries`; N - 1 neighbours at most.

    >>> augmented = augment_database([[1.0, 0.0], [0.0, 1.0]], neighbours=1)
    >>> augmented.astype(float).round(4).tolist()
    [[0.7071, 0.7071], [0.7071, 0.7071]]
    """
    x = np.asarray(database, np.float32)
    if neighbours >= len(x):
        raise ValueError(f"neighbours must be below {len(x)}, got {neighbours}")
    return _unit(_weighted(x, x, neighbours + 1, alpha))


def _weighted(queries, database, neighbours, alpha):
    if alpha < 0:
        raise ValueError(f"alpha must not be negative, got {alpha}")
    indices, similarities = rank(queries, database, neighbours)
    weights = np.maximum(similarities, 0) ** np.float32(alpha)
    vectors = np.asarray(database, np.float32)
    total = np.zeros((len(indices), vectors.shape[1]), np.float32)
    for place in range(neighbours):
        total += weights[:, place, None] * vectors[indices[:, place]]
    return total


def _unit(vectors):
    norm = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(norm > 0, norm, np.float32(1))
