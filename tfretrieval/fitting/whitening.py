"""Whitening: a linear map that makes descriptors of different things unlike each other."""

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted


class _Whitening(TransformerMixin, BaseEstimator):
    """Centre, project, keep the first components, scale to length one."""

    mean_: np.ndarray
    projection_: np.ndarray
    eigenvalues_: np.ndarray

    def __init__(self, n_components: int | None = None):
        self.n_components = n_components

    def transform(self, descriptors: ArrayLike) -> np.ndarray:
        """``v / (|v| + 1e-6)`` with ``v = P (x - mean)``, float32 ``[N, n_components]``.

        Raises:
            ValueError: descriptors of another length or that are not finite.
        """
        check_is_fitted(self)
        x = _finite(descriptors, len(self.mean_)) - self.mean_
        projected = x @ self.projection_.T
        norm = np.linalg.norm(projected, axis=-1, keepdims=True)
        return (projected / (norm + 1e-6)).astype(np.float32)

    def appended_to(self, model: tf.keras.Model) -> tf.keras.Model:
        """The model with this map as its last layers, so that an export contains it.

        Layers: Dense ``whitening`` and ``whitened``, which scales to length one, in float32.
        """
        check_is_fitted(self)
        kernel = self.projection_.T.astype(np.float32)
        bias = -(self.projection_ @ self.mean_).astype(np.float32)
        dense = tf.keras.layers.Dense(kernel.shape[1], name="whitening", dtype="float32")
        unit = tf.keras.layers.UnitNormalization(name="whitened", dtype="float32")
        whitened = tf.keras.Model(model.inputs, unit(dense(model.outputs[0])))
        dense.set_weights([kernel, bias])
        return whitened

    def _keep(self, projection, eigenvalues):
        components = len(projection) if self.n_components is None else self.n_components
        if not 1 <= components <= len(projection):
            raise ValueError(
                f"n_components must be in 1..{len(projection)}, got {self.n_components}"
            )
        self.projection_ = projection[:components]
        self.eigenvalues_ = eigenvalues[:components]
        return self


class LearnedWhitening(_Whitening):
    """Whitening learned from pairs of pictures that show the same thing.

    With m the mean of the queries of the pairs, S the mean of ``(q - p)(q - p)^T`` over the pairs
    and L its Cholesky factor, descriptors are first mapped by ``L^-1 (x - m)``, where pairs differ
    alike in every direction, and then turned to the eigenvectors of the scatter of all of them,
    largest eigenvalue first: ``P = V^T L^-1``. The sign of each row of P is free.

    Source: Radenovic et al. 2019, section 5.3 (after Mikolajczyk and Matas 2007). Equal to their
    code.

    Args:
        n_components: rows of P that are kept, all by default.

    Attributes:
        mean_, projection_, eigenvalues_: float64 ``[D]``, ``[n_components, D]``,
            ``[n_components]``, the last of the scatter.

    >>> x = np.random.default_rng(0).standard_normal((40, 6))
    >>> LearnedWhitening(4).fit(x, np.arange(40).reshape(20, 2)).transform(x).shape
    (40, 4)
    """

    def fit(self, descriptors: ArrayLike, pairs: ArrayLike) -> "LearnedWhitening":
        """Learns from ``[N, D]`` descriptors and ``[P, 2]`` indices of queries and positives.

        Fewer pairs than dimensions leave S singular: so much of its mean eigenvalue, from 1e-10
        on, is added to all as lets the factor exist.

        Raises:
            ValueError: no pairs, indices out of range, descriptors that are not finite,
                ``n_components`` beyond D.
        """
        x, pairs = _finite(descriptors), np.asarray(pairs, np.int64)
        if pairs.ndim != 2 or pairs.shape[1:] != (2,) or not len(pairs):
            raise ValueError(f"pairs must be [P, 2], one pair at least, got shape {pairs.shape}")
        if pairs.min() < 0 or pairs.max() >= len(x):
            raise ValueError(f"pairs must name descriptors 0..{len(x) - 1}")
        query, positive = x[pairs[:, 0]], x[pairs[:, 1]]
        difference = query - positive
        self.mean_ = query.mean(axis=0)
        factor = _cholesky(difference.T @ difference / len(pairs))
        within = np.linalg.solve(factor, (x - self.mean_).T)
        eigenvalues, vectors = np.linalg.eigh(within @ within.T)
        projection = np.linalg.solve(factor.T, vectors[:, ::-1]).T
        return self._keep(projection, eigenvalues[::-1])


class PCAWhitening(_Whitening):
    """Principal components, each divided by its standard deviation.

    ``P = diag(eigenvalues^-1/2) V^T`` of the covariance, divided by N. The sign of each row of P is
    free. ``sklearn.decomposition.PCA(whiten=True)`` is the same but for a factor; this one can be
    appended to a network. Directions without variance are left out.

    Args, attributes: as of :class:`LearnedWhitening`; eigenvalues of the covariance.

    >>> x = np.random.default_rng(0).standard_normal((40, 6))
    >>> PCAWhitening(4).fit(x).transform(x).shape
    (40, 4)
    """

    def fit(self, descriptors: ArrayLike, y: None = None) -> "PCAWhitening":
        """Learns from ``[N, D]`` descriptors.

        Raises:
            ValueError: fewer than two different descriptors, ones that are not finite,
                ``n_components`` beyond the directions in which they vary.
        """
        x = _finite(descriptors)
        if len(x) < 2:
            raise ValueError(f"two descriptors are needed at least, got {len(x)}")
        self.mean_ = x.mean(axis=0)
        centred = x - self.mean_
        eigenvalues, vectors = np.linalg.eigh(centred.T @ centred / len(x))
        eigenvalues, vectors = eigenvalues[::-1], vectors[:, ::-1]
        vary = eigenvalues > 1e-12 * eigenvalues[0]
        if not vary.any():
            raise ValueError("all descriptors are equal: whitening has nothing to learn from them")
        projection = vectors[:, vary].T / np.sqrt(eigenvalues[vary])[:, None]
        return self._keep(projection, eigenvalues[vary])


def _finite(descriptors, size=None):
    x = np.asarray(descriptors, np.float64)
    if x.ndim != 2 or x.shape[1] != (size or x.shape[1]) or not np.isfinite(x).all():
        raise ValueError(f"descriptors must be finite [N, {size or 'D'}], got shape {x.shape}")
    return x


def _cholesky(scatter):
    share = 0.0
    mean = np.trace(scatter) / len(scatter)
    while True:
        try:
            return np.linalg.cholesky(scatter + share * mean * np.eye(len(scatter)))
        except np.linalg.LinAlgError:
            if share > 1 or not mean > 0:
                raise ValueError(
                    "all pairs are equal: whitening has nothing to learn from them"
                ) from None
            share = max(1e-10, 10 * share)
