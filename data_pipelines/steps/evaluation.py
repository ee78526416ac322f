"""Pictures in the order they are asked for: what is measured, encoded or looked at."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from data_pipelines.records import Records
from data_pipelines.steps._input import each, read_ahead, record_columns, traced, valid_indices
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
    load = traced(images.load, size=image_size)

    def example(index: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return load(contents=read(index), **region(index)), tf.gather(labels, index)

    dataset = tf.data.Dataset.from_tensor_slices(valid_indices(records, indices).reshape(-1))
    return read_ahead(each(dataset, example).batch(batch_size))
