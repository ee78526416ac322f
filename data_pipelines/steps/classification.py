"""Single pictures with their labels, shuffled or class by class."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from data_pipelines import order
from data_pipelines.augment import Augmentation
from data_pipelines.records import Records
from data_pipelines.steps._input import augmented, in_epochs, read_ahead, valid_indices
from tfretrieval.workers import ALONE, Workers


def train_batches(
    records: Records,
    indices: np.ndarray,
    *,
    image_size: int,
    batch_size: int,
    seed: int,
    epochs: int,
    first_epoch: int = 0,
    augment: bool | Augmentation = True,
    boxes: np.ndarray | None = None,
    masks: np.ndarray | None = None,
    workers: Workers = ALONE,
) -> tf.data.Dataset:
    """The pictures at `indices`, shuffled anew and augmented for each epoch.

    Every epoch has `order.steps_per_epoch(len(indices), batch_size)` batches; what does not fill
    the last one is left out of this epoch. Elements are as in `eval_batches`.

    Args:
        workers: who train together; each batch is then the share of this one, drawn and augmented
            as one process alone would.
    """
    indices = valid_indices(records, indices).reshape(-1)
    steps = order.steps_per_epoch(len(indices), batch_size)
    batch_size = min(batch_size, len(indices))

    def epoch(number: int) -> np.ndarray:
        return indices[order.shuffled(len(indices), seed, number)[: steps * batch_size]]

    example = augmented(records, image_size, augment, boxes, masks)
    shape = (steps, batch_size)
    dataset = in_epochs(epoch, example, shape, seed, first_epoch, epochs, workers)
    return read_ahead(dataset.batch(batch_size // len(workers.names), drop_remainder=True))


def class_batches(
    records: Records,
    indices: np.ndarray,
    *,
    image_size: int,
    classes_per_batch: int,
    images_per_class: int,
    seed: int,
    epochs: int,
    first_epoch: int = 0,
    augment: bool | Augmentation = True,
    boxes: np.ndarray | None = None,
    masks: np.ndarray | None = None,
    workers: Workers = ALONE,
) -> tf.data.Dataset:
    """Batches of P classes with K pictures each, class after class: what in-batch miners need.

    The drawing rule and the number of batches are those of `order.classes_by_pictures`. Of several
    workers each takes a part of the classes of a batch.
    """
    indices = valid_indices(records, indices).reshape(-1)

    def epoch(number: int) -> np.ndarray:
        batches = order.classes_by_pictures(
            records.labels[indices],
            classes_per_batch=classes_per_batch,
            images_per_class=images_per_class,
            seed=seed,
            epoch=number,
        )
        return indices[batches.reshape(-1)]

    example = augmented(records, image_size, augment, boxes, masks)
    shape = epoch(first_epoch).reshape(-1, classes_per_batch, images_per_class).shape
    dataset = in_epochs(epoch, example, shape, seed, first_epoch, epochs, workers)
    batch_size = classes_per_batch // len(workers.names) * images_per_class
    return read_ahead(dataset.batch(batch_size, drop_remainder=True))
