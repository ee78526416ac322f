"""Iterative quantization: codes without labels, from principal components turned to their signs."""

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted


class IterativeQuantization(TransformerMixin, BaseEstimator):
    """PCA-ITQ: a rotation of the principal components that is nearest to their signs.

    With ``V = (X - mean) W``, W the first ``bits`` principal directions, a rotation R lowers::

        |B - V R|^2,    B = sign(V R),

    by turns: R held, B is the signs; B held, ``R = S T^T`` from the singular value decomposition
    ``V^T B = S diag T^T``. It starts from a random rotation. A turn never raises the loss.

    Source: Gong and Lazebnik 2011, "Iterative Quantization: A Procrustean Approach to Learning
    Binary Codes", section 2.2; 50 turns as there.

    Args:
        bits: length of the codes, at most the directions in which the features vary.
        iterations: turns.
        random_state: seed of the first rotation.

    Attributes:
        mean_: float64 ``[D]``.
        kernel_: float64 ``[D, bits]``, ``W R``.
        losses_: float64 ``[iterations]``, the loss a value, falling.

    >>> x = np.random.default_rng(0).standard_normal((100, 6))
    >>> codes = IterativeQuantization(4).fit_transform(x)
    >>> codes.shape, codes.dtype
    ((100, 4), dtype('float32'))
    """

    mean_: np.ndarray
    kernel_: np.ndarray
    losses_: np.ndarray

    def __init__(self, bits: int = 64, iterations: int = 50, random_state: int = 0):
        self.bits = bits
        self.iterations = iterations
        self.random_state = random_state

    def fit(self, features: ArrayLike, y: None = None) -> "IterativeQuantization":
        """Learns from ``[N, D]`` features.

        Raises:
            ValueError: features that are not finite, or that vary in fewer directions than bits.
        """
        x = _finite(features)
        mean = x.mean(axis=0)
        x = x - mean
        variances, directions = np.linalg.eigh(x.T @ x)
        vary = int((variances > 1e-10 * max(variances[-1], 0)).sum())
        if not 1 <= self.bits <= vary:
            raise ValueError(
                f"{len(x)} features vary in {vary} directions: bits must be in 1..{vary}, "
                f"got {self.bits}"
            )
        components = directions[:, ::-1][:, : self.bits]
        projected = x @ components
        start = np.random.default_rng(self.random_state).standard_normal((self.bits, self.bits))
        rotation = np.linalg.qr(start)[0]
        losses = []
        for _ in range(self.iterations):
            turned = projected @ rotation
            signs = np.where(turned > 0, 1.0, -1.0)
            losses.append(np.square(signs - turned).sum())
            left, _, right = np.linalg.svd(projected.T @ signs)
            rotation = left @ right
        self.mean_, self.kernel_, self.losses_ = mean, components @ rotation, np.array(losses)
        return self

    def transform(self, features: ArrayLike) -> np.ndarray:
        """``(x - mean) kernel``, float32 ``[N, bits]``: a bit is a value above 0.

        Raises:
            ValueError: features of another length or that are not finite.
        """
        check_is_fitted(self)
        return ((_finite(features, len(self.mean_)) - self.mean_) @ self.kernel_).astype(np.float32)

    def appended_to(self, model: tf.keras.Model) -> tf.keras.Model:
        """The model with this map as its last layer, a Dense ``codes`` in float32."""
        check_is_fitted(self)
        dense = tf.keras.layers.Dense(self.bits, name="codes", dtype="float32")
        encoder = tf.keras.Model(model.inputs, dense(model.outputs[0]))
        bias = -self.mean_ @ self.kernel_
        dense.set_weights([self.kernel_.astype(np.float32), bias.astype(np.float32)])
        return encoder


def _finite(features: ArrayLike, size: int | None = None) -> np.ndarray:
    x = np.asarray(features, np.float64)
    if x.ndim != 2 or x.shape[1] != (size or x.shape[1]) or not np.isfinite(x).all():
        raise ValueError(f"features must be finite [N, {size or 'D'}], got shape {x.shape}")
    return x
