"""Codes far from each other, one a class."""

import numpy as np
from scipy.linalg import hadamard


def hash_centers(num_classes: int, bits: int, seed: int = 0) -> np.ndarray:
    """Hash centers of central similarity: half of the bits between any two, or nearly.

    Where ``bits`` is a power of two and there are at most ``2 bits`` classes they are rows of the
    Hadamard matrix and their opposites, in the order of the matrix: ``bits / 2`` or ``bits`` lie
    between any two. Otherwise each is the farthest of 100 codes drawn with half of their bits on
    from the centers before it.

    Source: Yuan et al. 2020 (CSQ), algorithm 1, who draw every bit by a coin; the choice among
    draws is ours, without which two of 200 classes at 16 bits would share a center.

    Args:
        num_classes: of the data set.
        bits: of a code.
        seed: of the draws.

    Returns:
        int8 ``[num_classes, bits]`` of -1 and 1.

    Raises:
        ValueError: fewer than one class or than two bits, more classes than codes.

    >>> centers = hash_centers(6, 4).astype(int)
    >>> sorted(set(((4 - centers @ centers.T) // 2)[0, 1:].tolist()))
    [2, 4]
    """
    if num_classes < 1 or bits < 2 or (bits < 24 and num_classes > 2**bits):
        raise ValueError(
            f"centers need one class, two bits and no more classes than codes, got {num_classes} "
            f"classes and {bits} bits"
        )
    if bits & (bits - 1) == 0 and num_classes <= 2 * bits:
        rows = hadamard(bits, dtype=np.int8)
        return np.concatenate([rows, -rows])[:num_classes]
    rng = np.random.default_rng(seed)
    half = np.repeat(np.array([-1, 1], np.int8), [bits // 2, bits - bits // 2])
    centers = rng.permutation(half)[None]
    while len(centers) < num_classes:
        drawn = rng.permuted(np.tile(half, (100, 1)), axis=1)
        nearest = (drawn.astype(np.int32) @ centers.T).max(axis=1)
        centers = np.concatenate([centers, drawn[[nearest.argmin()]]])
    return centers
