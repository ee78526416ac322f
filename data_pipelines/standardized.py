"""Features of mean 0 and variance 1, standardised where they are read."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf
from sklearn.preprocessing import StandardScaler

BLOCK = 1 << 16
"""Up to so many pictures are held at a time, standardised."""


class Standardized:
    """Features `[N, D]` that are standardised by the mean and the variance of some of them.

    Up to `BLOCK` pictures are held beside the features. Of more a block at a time is, and features
    in a memory map stay on the disk: what was learned of them is merged block by block (Chan et
    al.), which may differ in the last place from one sum over all.

    Args:
        features: float32 `[N, D]`, an array or a memory map.
        fit: int `[F]`, the pictures whose mean and variance count.
        standardize: False leaves the features as they are.

    Attributes:
        scaler: what was learned.
        shape: `(N, D)`.

    >>> inputs = Standardized(np.array([[1], [3], [5]], np.float32), np.array([0, 1]), True)
    >>> inputs[np.array([0, 2])].tolist()
    [[-1.0], [3.0]]
    """

    def __init__(self, features: np.ndarray, fit: np.ndarray, standardize: bool):
        self.shape = features.shape
        self._features = features
        self.scaler = StandardScaler(with_mean=standardize, with_std=standardize)
        for part in blocks(fit):
            self.scaler.partial_fit(features[part])

    def __getitem__(self, rows: np.ndarray | slice) -> np.ndarray:
        """Standardised rows, float32."""
        return self._read(rows) if self._held is None else self._held[rows]

    @functools.cached_property
    def _held(self) -> np.ndarray | None:
        return self._read(slice(None)) if len(self._features) <= BLOCK else None

    def _read(self, rows: np.ndarray | slice) -> np.ndarray:
        return np.asarray(self.scaler.transform(self._features[rows]), np.float32)

    def through(self, layer: Callable[[np.ndarray], tf.Tensor], rows: np.ndarray) -> np.ndarray:
        """What a layer makes of some rows."""
        return np.concatenate([layer(self[part]).numpy() for part in blocks(rows)])

    def gather(self, rows: np.ndarray) -> Callable[[tf.Tensor], tf.Tensor]:
        """From positions in `rows`, int of any shape, to the features there, inside tf.data."""
        if len(rows) <= BLOCK:
            return functools.partial(tf.gather, tf.constant(self[rows]))

        def read(positions: np.ndarray) -> np.ndarray:
            return self[rows[positions.reshape(-1)]].reshape(*positions.shape, self.shape[1])

        def gathered(positions: tf.Tensor) -> tf.Tensor:
            found = tf.numpy_function(read, [positions], tf.float32)
            return tf.ensure_shape(found, [*positions.shape, self.shape[1]])

        return gathered


def blocks(rows: np.ndarray) -> Iterator[np.ndarray]:
    """Parts of at most `BLOCK` rows."""
    return (rows[start : start + BLOCK] for start in range(0, max(1, len(rows)), BLOCK))
