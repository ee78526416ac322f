"""Pictures in the order they are asked for: what is measured, encoded or looked at."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from data_pipelines.records import Records
from data_pipelines.steps._input import read_ahead, record_columns, valid_indices
from tfretrieval import images


def eval_batches(
    records: Records,
    indices: np.ndarray,
    *,
    image_size: int,
    batch_size: int,
    boxes: np.ndarray | None = None,
    masks: np.ndarray | None = None,
) -> tf.data.Dataset:
    """The pictures at `indices` in that order, nothing dropped, nothing random.

    Args:
        indices: int `[n]`, into `records`.
        boxes: `[N, 4]`, the part of each record's picture to cut out; by default all of it.
        masks: bool `[N, m, m]`, over each record's whole picture: the rest of it is not shown but
            has the mean colour (`images.fill_background`).

    Returns:
        Batches `(images float32 [B, S, S, 3] in [0, 255], labels [B] or [B, classes])`.
    """
    read, labels, region = record_columns(records, boxes, masks)

    def example(index: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return images.load(read(index), image_size, **region(index)), tf.gather(labels, index)

    dataset = tf.data.Dataset.from_tensor_slices(valid_indices(records, indices).reshape(-1))
    dataset = dataset.map(example, num_parallel_calls=tf.data.AUTOTUNE)
    return read_ahead(dataset.batch(batch_size))
