"""Mined tuples: a query, what belongs to it, and what does not."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from data_pipelines import order
from data_pipelines.augment import Augmentation
from data_pipelines.records import Records
from data_pipelines.steps._input import augmented, in_epochs, read_ahead, valid_indices
from tfretrieval.workers import ALONE, Workers


def tuple_batches(
    records: Records,
    tuples: np.ndarray,
    *,
    image_size: int,
    batch_size: int,
    seed: int,
    epochs: int,
    first_epoch: int = 0,
    margin: float = 0.0,
    augment: bool | Augmentation = True,
    boxes: np.ndarray | None = None,
    masks: np.ndarray | None = None,
    workers: Workers = ALONE,
) -> tf.data.Dataset:
    """Mined tuples, shuffled anew for each epoch: anchor or query, positive, negatives.

    Args:
        tuples: int `[T, 2 + negatives]`, into `records`; with one negative, triplets.
        margin: travels as the target, since losses on given triplets read it there.
        workers: who train together; each batch is then the share of this one.

    Returns:
        Batches `(images float32 [B, 2 + negatives, S, S, 3], margin float32 [B])`; steps as in
        `train_batches`.
    """
    tuples = valid_indices(records, tuples)
    if tuples.ndim != 2 or tuples.shape[1] < 3:
        raise ValueError(f"tuples must be [T, 2 + negatives], got {tuples.shape}")
    members = tuples.shape[1]
    steps = order.steps_per_epoch(len(tuples), batch_size)
    batch_size = min(batch_size, len(tuples))

    used = steps * batch_size

    def epoch(number: int) -> np.ndarray:
        return tuples[order.shuffled(len(tuples), seed, number)[:used]].ravel()

    example = augmented(records, image_size, augment, boxes, masks)
    shape = (steps, batch_size, members)
    dataset = in_epochs(epoch, example, shape, seed, first_epoch, epochs, workers)
    batch_size //= len(workers.names)
    dataset = dataset.map(lambda image, label: image).batch(members, drop_remainder=True)
    dataset = dataset.batch(batch_size, drop_remainder=True)
    return read_ahead(dataset.map(lambda batch: (batch, tf.fill([batch_size], np.float32(margin)))))
