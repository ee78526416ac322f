"""A shortlist by binary codes, put in order by real-valued features."""

import numpy as np
from numpy.typing import ArrayLike


def rerank(
    query: ArrayLike, features: np.ndarray, shortlist: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """A shortlist by the cosine of its features and the query's, best first.

    Args:
        query: ``[D]``.
        features: ``[N, D]`` of the whole database, of any floating type, a memory map too: only the
            rows of the shortlist are read.
        shortlist: ``[n]``, places in the database.

    Returns:
        The shortlist in its new order, int64 ``[n]``, and cosines, float32 ``[n]``. Equal cosines
        keep their order. A row of zeros has the cosine 0.

    Raises:
        ValueError: shapes that do not fit.

    >>> features = np.array([[0.0, 1.0], [1.0, 1.0], [2.0, 0.0]], np.float16)
    >>> order, cosines = rerank([1.0, 0.0], features, [0, 1, 2])
    >>> order.tolist(), cosines.astype(float).round(2).tolist()
    ([2, 1, 0], [1.0, 0.71, 0.0])
    """
    wanted = np.asarray(query, np.float32)
    places = np.asarray(shortlist, np.int64)
    if wanted.ndim != 1 or features.ndim != 2 or features.shape[1] != len(wanted):
        raise ValueError(
            f"features must be [N, {wanted.size}] as the query, got shape {features.shape}"
        )
    rows = np.asarray(features[places], np.float32)
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(wanted)
    cosines = (rows @ wanted) / np.where(lengths > 0, lengths, np.float32(1))
    order = np.argsort(-cosines, kind="stable")
    return places[order], cosines[order]
