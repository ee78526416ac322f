"""Codes without learning: the sides of random hyperplanes."""

import numpy as np
from sklearn.random_projection import GaussianRandomProjection


def random_hyperplanes(features: np.ndarray, fit: np.ndarray, bits: int, seed: int) -> np.ndarray:
    """Projections on random normals, whose signs are bits (Charikar 2002).

    Two vectors differ in a bit with probability ``angle / pi``. The features are centred on those
    of ``fit`` first: out of a ReLU they would all lie in one orthant.

    Args:
        features: ``[N, D]``.
        fit: indices of the vectors that the centre is the mean of.
        bits: number of hyperplanes.
        seed: of the normals.

    Returns:
        ``[N, bits]``, bit = value above 0.

    >>> codes = random_hyperplanes(np.eye(4), np.arange(4), bits=8, seed=0)
    >>> codes.shape
    (4, 8)
    """
    centred = features - features[fit].mean(axis=0)
    projection = GaussianRandomProjection(bits, random_state=seed)
    return np.asarray(projection.fit_transform(centred))
