"""From records to batches for `fit` and `predict`: `tf.data`, deterministic, read ahead.

Order and pixels are a pure function of (seed, epoch): neither the number of threads nor where a run
was resumed changes them. `epochs` is the number of the last epoch plus one, as in Keras, so that
`first_epoch=e` continues what an earlier call began.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from data_pipelines import order
from data_pipelines.augment import Augmentation
from data_pipelines.records import PHOTO, SKETCH, DataError, Records
from data_pipelines.sketch_views import SketchAugmentation, load_photo, load_sketch
from tfretrieval import images

Epoch = Callable[[int], np.ndarray]


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
    read, labels, region = _columns(records, boxes, masks)

    def example(index: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return images.load(read(index), image_size, **region(index)), tf.gather(labels, index)

    dataset = tf.data.Dataset.from_tensor_slices(_valid(records, indices).reshape(-1))
    dataset = dataset.map(example, num_parallel_calls=tf.data.AUTOTUNE)
    return _finish(dataset.batch(batch_size))


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
) -> tf.data.Dataset:
    """The pictures at `indices`, shuffled anew and augmented for each epoch.

    Every epoch has `order.steps_per_epoch(len(indices), batch_size)` batches; what does not fill
    the last one is left out of this epoch. Elements are as in `eval_batches`.
    """
    indices = _valid(records, indices).reshape(-1)
    steps = order.steps_per_epoch(len(indices), batch_size)
    batch_size = min(batch_size, len(indices))

    def epoch(number: int) -> np.ndarray:
        return indices[order.shuffled(len(indices), seed, number)[: steps * batch_size]]

    example = _example(records, image_size, augment, boxes, masks)
    dataset = _epochs(epoch, example, steps * batch_size, seed, first_epoch, epochs)
    return _finish(dataset.batch(batch_size, drop_remainder=True))


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
) -> tf.data.Dataset:
    """Batches of P classes with K pictures each, class after class: what in-batch miners need.

    The drawing rule and the number of batches are those of `order.classes_by_pictures`.
    """
    indices = _valid(records, indices).reshape(-1)

    def epoch(number: int) -> np.ndarray:
        batches = order.classes_by_pictures(
            records.labels[indices],
            classes_per_batch=classes_per_batch,
            images_per_class=images_per_class,
            seed=seed,
            epoch=number,
        )
        return indices[batches.reshape(-1)]

    example = _example(records, image_size, augment, boxes, masks)
    dataset = _epochs(epoch, example, len(epoch(first_epoch)), seed, first_epoch, epochs)
    return _finish(dataset.batch(classes_per_batch * images_per_class, drop_remainder=True))


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
) -> tf.data.Dataset:
    """Mined tuples, shuffled anew for each epoch: anchor or query, positive, negatives.

    Args:
        tuples: int `[T, 2 + negatives]`, into `records`; with one negative, triplets.
        margin: travels as the target, since losses on given triplets read it there.

    Returns:
        Batches `(images float32 [B, 2 + negatives, S, S, 3], margin float32 [B])`; steps as in
        `train_batches`.
    """
    tuples = _valid(records, tuples)
    if tuples.ndim != 2 or tuples.shape[1] < 3:
        raise ValueError(f"tuples must be [T, 2 + negatives], got {tuples.shape}")
    members = tuples.shape[1]
    steps = order.steps_per_epoch(len(tuples), batch_size)
    batch_size = min(batch_size, len(tuples))

    def epoch(number: int) -> np.ndarray:
        return tuples[order.shuffled(len(tuples), seed, number)[: steps * batch_size]].ravel()

    example = _example(records, image_size, augment, boxes, masks)
    dataset = _epochs(epoch, example, members * steps * batch_size, seed, first_epoch, epochs)
    dataset = dataset.map(lambda image, label: image).batch(members, drop_remainder=True)
    dataset = dataset.batch(batch_size, drop_remainder=True)
    return _finish(dataset.map(lambda batch: (batch, tf.fill([batch_size], np.float32(margin)))))


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
    indices = _valid(records, indices).reshape(-1)
    read, _, region = _columns(records, boxes, None)

    def place(index: tf.Tensor) -> tf.Tensor:
        height_width = images.shape(read(index))
        box = region(index).get("box", tf.constant([0.0, 0.0, 1.0, 1.0]))
        return images.window(box, height_width[0], height_width[1])

    places = tf.data.Dataset.from_tensor_slices(indices).map(place, tf.data.AUTOTUNE)
    windows = np.stack(list(places.as_numpy_iterator()))
    shrink = np.minimum(1.0, long_side / windows[:, 2:].max(axis=1, keepdims=True))
    sizes = np.maximum(np.rint(windows[:, 2:] * shrink), 1).astype(np.int32)
    if (small := np.flatnonzero(sizes.min(axis=1) < least)).size:
        height, width = sizes[small[0]]
        raise DataError(
            f"{records.ids[indices[small[0]]]} is {height} x {width} pixels once its longer side "
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
            part = images.decode_window(read(tf.gather(indices, row)), tf.gather(windows, row))
            return images.resize(part, height_width)

        kind = tf.TensorSpec([None, None, 3], tf.float32)
        return tf.map_fn(one, rows, fn_output_signature=kind)

    dataset = tf.data.Dataset.from_tensor_slices(tf.ragged.constant(batches, dtype=tf.int64))
    dataset = dataset.map(load, num_parallel_calls=tf.data.AUTOTUNE)
    return _finish(dataset), order_by_size.astype(np.int64)


def paired_batches(
    records: Records,
    sketches: np.ndarray,
    photos: np.ndarray,
    *,
    image_size: int,
    per_domain: int,
    seed: int,
    epochs: int,
    first_epoch: int = 0,
    augment: SketchAugmentation | None = None,
) -> tf.data.Dataset:
    """So many sketches and as many photos a step, each augmented in its own way.

    An epoch shows every sketch once, in full batches, and of the photos as many, drawn anew.

    Args:
        sketches, photos: int, into `records`; what is a sketch is told by the list it stands in.
        augment: of the sketches; `SketchAugmentation()` by default. Photos are mirrored at most.

    Returns:
        Batches `({"image": float32 [B, S, S, 3], "domain": int32 [B]}, labels [B])`, the sketches
        first.
    """
    sketches, photos = (_valid(records, part).reshape(-1) for part in (sketches, photos))
    per_domain = min(per_domain, len(sketches))
    steps = order.steps_per_epoch(len(sketches), per_domain)
    view = augment or SketchAugmentation()
    domains = np.repeat([SKETCH, PHOTO], per_domain).astype(np.int32)

    def epoch(number: int) -> np.ndarray:
        drawn = [
            part[np.resize(order.shuffled(len(part), seed, number), steps * per_domain)]
            for part in (sketches, photos)
        ]
        return np.stack([part.reshape(steps, per_domain) for part in drawn], axis=1).ravel()

    read, labels, _ = _columns(records, None, None)
    is_sketch = tf.constant(np.isin(np.arange(len(records)), sketches))

    def example(index: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        contents = read(index)
        image = tf.cond(
            is_sketch[index],
            lambda: view.load(contents, image_size, seed),
            lambda: load_photo(contents, image_size, seed),
        )
        return tf.ensure_shape(image, [image_size, image_size, 3]), tf.gather(labels, index)

    dataset = _epochs(epoch, example, 2 * steps * per_domain, seed, first_epoch, epochs)
    dataset = dataset.batch(2 * per_domain, drop_remainder=True)
    return _finish(dataset.map(lambda image, label: ({"image": image, "domain": domains}, label)))


def mirrored_batches(
    records: Records, indices: np.ndarray, *, image_size: int, batch_size: int
) -> tf.data.Dataset:
    """The pictures at `indices`, each followed by its mirror image, with their domains.

    Sketches are enlarged and cut to their middle (`sketch_views.load_sketch`), photos are shown
    whole.

    Returns:
        Batches of `{"image": float32 [B, S, S, 3], "domain": int32 [B]}`, B twice as many as
        pictures.
    """
    if records.domains is None:
        raise ValueError("these pictures have no domain: sketch (0) or photo (1)")
    read, _, _ = _columns(records, None, None)
    domains = tf.constant(records.domains)

    def example(index: tf.Tensor) -> dict[str, tf.Tensor]:
        contents, domain = read(index), domains[index]
        image = tf.cond(
            domain == SKETCH,
            lambda: load_sketch(contents, image_size),
            lambda: images.load(contents, image_size),
        )
        image = tf.ensure_shape(image, [image_size, image_size, 3])
        return {"image": tf.stack([image, image[:, ::-1]]), "domain": tf.stack([domain, domain])}

    dataset = tf.data.Dataset.from_tensor_slices(_valid(records, indices).reshape(-1))
    dataset = dataset.map(example, num_parallel_calls=tf.data.AUTOTUNE).unbatch()
    return _finish(dataset.batch(2 * batch_size))


def _epochs(
    epoch: Epoch, example: Callable, length: int, seed: int, first_epoch: int, epochs: int
) -> tf.data.Dataset:
    """Single examples, `length` of them from each epoch's order."""
    if not 0 <= first_epoch < epochs:
        raise ValueError(f"first_epoch must be in 0..{epochs - 1}, got {first_epoch}")

    def places(number: tf.Tensor) -> tf.data.Dataset:
        # NumPy draws the order once an epoch; being stateless, it hinders no parallel reading.
        indices = tf.numpy_function(lambda e: epoch(int(e)), [number], tf.int64, stateful=False)
        indices = tf.ensure_shape(indices, [length])
        place = tf.range(length, dtype=tf.int64)
        seeds = tf.stack([tf.fill([length], np.int64(seed)), number * _FAR + place], axis=1)
        return tf.data.Dataset.from_tensor_slices((indices, seeds))

    dataset = tf.data.Dataset.range(first_epoch, epochs).flat_map(places)
    dataset = dataset.map(example, num_parallel_calls=tf.data.AUTOTUNE)
    return dataset.apply(tf.data.experimental.assert_cardinality(length * (epochs - first_epoch)))


# A place's number in all epochs together; no epoch is longer than this.
_FAR = 2**32


def _example(
    records: Records,
    size: int,
    augment: bool | Augmentation,
    boxes: np.ndarray | None,
    masks: np.ndarray | None,
) -> Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
    """From a record's number and a seed `[2]` to `(image, label)`."""
    read, labels, region = _columns(records, boxes, masks)
    view = Augmentation() if augment is True else augment

    def example(index: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        if view:
            image = view.load(read(index), size, seed, **region(index))
        else:
            image = images.load(read(index), size, **region(index))
        return image, tf.gather(labels, index)

    return example


def _columns(
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

    return records.reader(), tf.constant(records.labels), region


def _valid(records: Records, indices: Any) -> np.ndarray:
    indices = np.asarray(indices, np.int64)
    if not indices.size:
        raise ValueError("no pictures to read: the list of indices is empty")
    if indices.min() < 0 or indices.max() >= len(records):
        raise ValueError(f"indices must lie in 0..{len(records) - 1}")
    return indices


def _finish(dataset: tf.data.Dataset) -> tf.data.Dataset:
    options = tf.data.Options()
    options.deterministic = True
    # One process feeds all replicas, and there are no files of records to deal out among several.
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    return dataset.prefetch(tf.data.AUTOTUNE).with_options(options)
