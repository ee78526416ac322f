"""Batches of what a frozen network saw, in place of the pictures."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from data_pipelines import order


def feature_batches(
    features: np.ndarray,
    labels: np.ndarray,
    indices: np.ndarray,
    *,
    batch_size: int,
    seed: int,
    epochs: int,
    first_epoch: int = 0,
) -> tf.data.Dataset:
    """Batches for epochs `first_epoch .. epochs - 1`, each in the order that `train_batches` would
    show the pictures in.

    Args:
        features: `[N, ...]` of all pictures.
        labels: `[N]`.
        indices: of the pictures that are trained on.

    Returns:
        Batches `(float32 [B, ...], labels [B])`, full ones; one smaller where there are fewer.

    >>> batches = feature_batches(
    ...     np.eye(4), np.arange(4), np.arange(3), batch_size=2, seed=0, epochs=2
    ... )
    >>> [(tuple(x.shape), len(y)) for x, y in batches]
    [((2, 4), 2), ((2, 4), 2)]
    """
    batch = min(batch_size, len(indices))
    used = order.steps_per_epoch(len(indices), batch_size) * batch
    epochs_of = [
        order.shuffled(len(indices), seed, epoch)[:used] for epoch in range(first_epoch, epochs)
    ]
    rows = indices[np.concatenate(epochs_of)].reshape(-1, batch)

    def gathered(wanted: np.ndarray) -> np.ndarray:
        return features[wanted].astype(np.float32)

    def example(wanted: tf.Tensor, label: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        found = tf.numpy_function(gathered, [wanted], tf.float32)
        return tf.ensure_shape(found, [batch, *features.shape[1:]]), label

    batches = tf.data.Dataset.from_tensor_slices((rows, labels[rows]))
    return batches.map(example).prefetch(tf.data.AUTOTUNE)
