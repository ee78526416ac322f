"""What all batches are made of: examples in an epoch's order, columns of records, read ahead."""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from data_pipelines.augment import Augmentation
from data_pipelines.records import Records, whole_numbers
from tfretrieval import images
from tfretrieval.workers import Workers

Epoch = Callable[[int], np.ndarray]


def in_epochs(
    epoch: Epoch,
    example: Callable,
    shape: Sequence[int],
    seed: int,
    first_epoch: int,
    epochs: int,
    workers: Workers,
    axis: int = 1,
) -> tf.data.Dataset:
    """Single examples, in each epoch's order.

    Args:
        shape: of the order of an epoch, steps first.
        workers: who divide each step among them; only the share of this one is read.
        axis: of the shape, which they divide.
    """
    length = math.prod(shape)
    own = None
    if workers.several:
        numbers = np.arange(length, dtype=np.int64).reshape(shape)
        own = workers.share(numbers, axis).ravel()
    if not 0 <= first_epoch < epochs:
        raise ValueError(f"first_epoch must be in 0..{epochs - 1}, got {first_epoch}")

    def places(number: tf.Tensor) -> tf.data.Dataset:
        # NumPy draws the order once an epoch; being stateless, it hinders no parallel reading.
        indices = tf.numpy_function(lambda e: epoch(int(e)), [number], tf.int64, stateful=False)
        indices = tf.ensure_shape(indices, [length])
        place = tf.range(length, dtype=tf.int64)
        if own is not None:
            # Each is seen as one process would see it: its number in the epoch is kept.
            place = tf.constant(own)
            indices = tf.gather(indices, place)
        filled = tf.fill(tf.shape(place), np.int64(seed))
        seeds = tf.stack([filled, number * _FAR + place], axis=1)
        return tf.data.Dataset.from_tensor_slices((indices, seeds))

    dataset = each(tf.data.Dataset.range(first_epoch, epochs).flat_map(places), example)
    length = length if own is None else own.size
    return dataset.apply(tf.data.experimental.assert_cardinality(length * (epochs - first_epoch)))


# A place's number in all epochs together; no epoch is longer than this.
_FAR = 2**32


def each(dataset: tf.data.Dataset, example: Callable) -> tf.data.Dataset:
    """`example` of every element, in TensorFlow's own words: nothing is rewritten for a graph."""
    example = tf.autograph.experimental.do_not_convert(example)
    return dataset.map(example, num_parallel_calls=tf.data.AUTOTUNE)


@functools.lru_cache
def traced(load: Callable[..., tf.Tensor], **settings: Hashable) -> Callable[..., tf.Tensor]:
    """`load` with these settings, as one graph for all pipelines of the process: to trace it anew
    for each takes as long as to read hundreds of pictures."""
    return tf.function(functools.partial(load, **settings), autograph=False)


def augmented(
    records: Records,
    size: int,
    augment: bool | Augmentation,
    boxes: np.ndarray | None,
    masks: np.ndarray | None,
) -> Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
    """From a record's number and a seed `[2]` to `(image, label)`."""
    read, labels, region = record_columns(records, boxes, masks)
    view = Augmentation() if augment is True else augment
    # Of its own class, which may be a user's.
    load = traced(type(view).load, self=view, size=size) if view else traced(images.load, size=size)

    def example(index: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        shown = {"contents": read(index), **region(index)}
        image = load(seed=seed, **shown) if view else load(**shown)
        return image, tf.gather(labels, index)

    return example


def record_columns(
    records: Records, boxes: np.ndarray | None, masks: np.ndarray | None
) -> tuple[Callable, tf.Tensor, Callable]:
    """From a record's number to its bytes; all labels; from its number to `box` and `mask`, as far
    as they are given.
    """
    tables: dict[str, tf.Tensor] = {}
    if boxes is not None:
        boxes = np.asarray(boxes, np.float32)
        if boxes.shape != (len(records), 4):
            raise ValueError(f"boxes must be [{len(records)}, 4], got {boxes.shape}")
        tables["box"] = tf.constant(boxes)
    if masks is not None:
        masks = np.asarray(masks)
        fits = masks.ndim == 3 and len(masks) == len(records) and masks[0].size
        if not fits or masks.dtype != np.bool_:
            got = f"{masks.dtype} {masks.shape}"
            raise ValueError(f"masks must be bool [{len(records)}, m, m], got {got}")
        tables["mask"] = tf.constant(masks)

    def region(index: tf.Tensor) -> dict[str, tf.Tensor]:
        return {name: tf.gather(table, index) for name, table in tables.items()}

    return _named(records), tf.constant(records.labels), region


def _named(records: Records) -> Callable[[tf.Tensor], tf.Tensor]:
    """`records.reader()`, which names a picture that is none any more, changed since the audit."""
    read, ids = records.reader(), [os.fsencode(name) for name in records.ids]
    # On the host and outside any graph: a graph being traced must not own them.
    with tf.init_scope(), tf.device("CPU"):
        names = tf.constant(ids, tf.string)

    def named(index: tf.Tensor) -> tf.Tensor:
        contents = read(index)
        said = [tf.gather(names, index), "is no JPEG or PNG any more"]
        with tf.control_dependencies([tf.debugging.Assert(images.has_known_start(contents), said)]):
            return tf.identity(contents)

    return named


def valid_indices(records: Records, indices: Any) -> np.ndarray:
    indices = whole_numbers(indices, "indices")
    if not indices.size:
        raise ValueError("no pictures to read: the list of indices is empty")
    if indices.min() < 0 or indices.max() >= len(records):
        raise ValueError(f"indices must lie in 0..{len(records) - 1}")
    return indices


def read_ahead(dataset: tf.data.Dataset) -> tf.data.Dataset:
    options = tf.data.Options()
    options.deterministic = True
    # One process feeds its own replicas, and there are no files of records to deal out.
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    return dataset.prefetch(tf.data.AUTOTUNE).with_options(options)
