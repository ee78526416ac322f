"""Pictures with their own aspect, none larger than a bound."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from data_pipelines.records import DataError, Records
from data_pipelines.steps._input import each, read_ahead, record_columns, valid_indices
from tfretrieval import images


def bounded_batches(
    records: Records,
    indices: np.ndarray,
    *,
    long_side: int,
    batch_size: int,
    boxes: np.ndarray | None = None,
    least: int = 1,
) -> tuple[tf.data.Dataset, np.ndarray]:
    """The pictures at `indices` with their own aspect, those of one size together.

    A picture is cropped to its box and shrunk until its longer side is `long_side`; a smaller one
    stays as it is.

    Args:
        boxes: `[N, 4]`, the part of each record's picture to cut out; by default all of it.
        least: pixels that the shorter side must have left, for the network.

    Returns:
        Batches `images float32 [B, h, w, 3]`, and int64 `[n]`: which place of `indices` each of
        their pictures has.

    Raises:
        DataError: a picture whose shorter side falls below `least`.
    """
    indices = valid_indices(records, indices).reshape(-1)
    read, _, region = record_columns(records, boxes, None)

    def place(index: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        _, scale, window = images.decoded_size(read(index), long_side, **region(index))
        return window, scale, images.bounded_size(window[2:], long_side)

    places = each(tf.data.Dataset.from_tensor_slices(indices), place)
    windows, scales, sizes = map(np.stack, zip(*places.as_numpy_iterator(), strict=True))
    if (small := np.flatnonzero(sizes.min(axis=1) < least)).size:
        height, width = sizes[small[0]]
        name = str(records.ids[indices[small[0]]])
        raise DataError(
            f"{name!r} is {height} x {width} pixels once its longer side "
            f"is at most {long_side}, and the network needs {least}: leave it out, or raise the "
            f"bound ({small.size} such pictures)"
        )
    order_by_size = np.lexsort(sizes.T)
    changes = np.flatnonzero(np.diff(sizes[order_by_size], axis=0).any(axis=1)) + 1
    groups = np.split(order_by_size, changes)
    batches = [
        group[i : i + batch_size].tolist()
        for group in groups
        for i in range(0, len(group), batch_size)
    ]

    def load(rows: tf.Tensor) -> tf.Tensor:
        height_width = tf.gather(sizes, rows[0])

        def one(row: tf.Tensor) -> tf.Tensor:
            contents, scale = read(tf.gather(indices, row)), tf.gather(scales, row)
            part = images.decode_window(contents, tf.gather(windows, row), scale)
            return images.resize(part, height_width)

        kind = tf.TensorSpec([None, None, 3], tf.float32)
        return tf.map_fn(one, rows, fn_output_signature=kind)

    dataset = tf.data.Dataset.from_tensor_slices(tf.ragged.constant(batches, dtype=tf.int64))
    return read_ahead(each(dataset, load)), order_by_size.astype(np.int64)
