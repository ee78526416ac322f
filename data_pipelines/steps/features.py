"""Batches of what a frozen network saw, in place of the pictures."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from data_pipelines import order
from tfretrieval.workers import ALONE, Workers


def feature_batches(
    features: np.ndarray,
    labels: np.ndarray,
    indices: np.ndarray,
    *,
    batch_size: int,
    seed: int,
    epochs: int,
    first_epoch: int = 0,
    workers: Workers = ALONE,
) -> tf.data.Dataset:
    """Batches for the epochs from `first_epoch` on, each in the order that `train_batches` would
    show the pictures in.

    Args:
        features: `[N, ...]` of all pictures.
        labels: `[N]`.
        indices: of the pictures that are trained on.
        workers: who train together; each batch is then the share of this one.

    Returns:
        Batches `(float32 [B, ...], labels [B])`, full ones; one smaller where there are fewer.

    >>> batches = feature_batches(
    ...     np.eye(4), np.arange(4), np.arange(3), batch_size=2, seed=0, epochs=2
    ... )
    >>> [(tuple(x.shape), len(y)) for x, y in batches]
    [((2, 4), 2), ((2, 4), 2)]
    """
    rows = indices[_batches(len(indices), batch_size, seed, first_epoch, epochs, workers)]
    return _gathered(features, rows, labels[rows])


def tuple_feature_batches(
    features: np.ndarray,
    tuples: np.ndarray,
    *,
    batch_size: int,
    seed: int,
    epochs: int,
    first_epoch: int = 0,
    workers: Workers = ALONE,
) -> tf.data.Dataset:
    """Mined tuples as `tuple_batches` would show their pictures.

    Args:
        features: `[N, ...]` of all pictures.
        tuples: int `[T, 2 + negatives]`, into `features`.
        workers: who train together; each batch is then the share of this one.

    Returns:
        Batches `(float32 [B, 2 + negatives, ...], zeros [B])`.

    >>> batches = tuple_feature_batches(
    ...     np.eye(4), np.array([[0, 1, 2], [1, 0, 3]]), batch_size=2, seed=0, epochs=1
    ... )
    >>> [(tuple(x.shape), tuple(y.shape)) for x, y in batches]
    [((2, 3, 4), (2,))]
    """
    rows = tuples[_batches(len(tuples), batch_size, seed, first_epoch, epochs, workers)]
    return _gathered(features, rows, np.zeros(rows.shape[:2], np.float32))


def _batches(
    n: int, batch_size: int, seed: int, first_epoch: int, epochs: int, workers: Workers
) -> np.ndarray:
    """The numbers below n in the order of these epochs, int64 `[steps, batch]`, the share of this
    worker."""
    batch = min(batch_size, n)
    used = order.steps_per_epoch(n, batch_size) * batch
    numbers = [order.shuffled(n, seed, epoch)[:used] for epoch in range(first_epoch, epochs)]
    return workers.share(np.concatenate(numbers).reshape(-1, batch), axis=1)


def _gathered(features: np.ndarray, rows: np.ndarray, targets: np.ndarray) -> tf.data.Dataset:
    """A batch a row: the features that it names, and its targets."""

    def gathered(wanted: np.ndarray) -> np.ndarray:
        return features[wanted].astype(np.float32)

    def example(wanted: tf.Tensor, target: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        found = tf.numpy_function(gathered, [wanted], tf.float32)
        return tf.ensure_shape(found, [*rows.shape[1:], *features.shape[1:]]), target

    batches = tf.data.Dataset.from_tensor_slices((rows, targets))
    return batches.map(example).prefetch(tf.data.AUTOTUNE)
