"""Rows of numbers beside each other: which are equal, and how far apart they are."""

import numpy as np

# Values that are held at a time: 32 MB.
_BLOCK = 1 << 22
# Squared distances below this share of the squared lengths lose more than ten places.
_NEAR = 1e-6


def repeated_rows(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of rows that stand further ahead too, and where each stands first.

    A matrix product may give equal rows products that differ in the last place, by where they
    stand; whoever sorts by them copies the product of the first.

    >>> again, first = repeated_rows(np.array([[1.0, 2.0], [0.0, 1.0], [1.0, 2.0]]))
    >>> again.tolist(), first.tolist()
    ([2], [0])
    """
    # 0.0 and -0.0 are equal and of different bits.
    rows = np.ascontiguousarray(rows.reshape(len(rows), -1)) + 0
    words = rows.view(np.uint8 if rows.dtype.itemsize not in (4, 8) else f"u{rows.dtype.itemsize}")
    # Sums of whole numbers do not depend on an order, and equal rows have equal ones.
    generator = np.random.default_rng(0)
    factors = generator.integers(1, 1 << 63, words.shape[1], np.uint64) | np.uint64(1)
    keys = np.empty(len(rows), np.uint64)
    step = max(1, _BLOCK // max(1, words.shape[1]))
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        keys[part] = (words[part].astype(np.uint64) * factors).sum(axis=1, dtype=np.uint64)
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    first = first[inverse.reshape(-1)]
    again = np.flatnonzero(first != np.arange(len(rows)))
    same = [
        (rows[again[start : start + step]] == rows[first[again[start : start + step]]]).all(axis=1)
        for start in range(0, len(again), step)
    ]
    again = again[np.concatenate(same)] if same else again
    return again, first[again]


def squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Squared Euclidean distances of all pairs, float64 ``[A, B]``.

    By one matrix product; ``|a|^2 - 2 ab + |b|^2`` cancels where two rows are near beside their
    lengths, as they are once a far outlier has moved the middle: there by the differences.

    Args:
        a: ``[A, D]``.
        b: ``[B, D]``, best centred, and ``a`` with it.

    >>> squared_distances(np.array([[1e9]]), np.array([[1e9], [1e9 + 0.5]])).tolist()
    [[0.0, 0.25]]
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    lengths = np.einsum("nd,nd->n", a, a)[:, None] + np.einsum("nd,nd->n", b, b)
    squared = lengths - 2 * (a @ b.T)
    rows, columns = np.nonzero(squared <= _NEAR * lengths)
    step = max(1, _BLOCK // max(1, a.shape[1]))
    for start in range(0, len(rows), step):
        pairs = rows[start : start + step], columns[start : start + step]
        difference = a[pairs[0]] - b[pairs[1]]
        squared[pairs] = np.einsum("nd,nd->n", difference, difference)
    return squared
