"""Sketches and photos: pairs of batches to learn from, mirrored pairs to encode."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from data_pipelines import order
from data_pipelines.records import PHOTO, SKETCH, Records
from data_pipelines.sketch_views import SketchAugmentation, load_photo, load_sketch
from data_pipelines.steps._input import (
    each,
    in_epochs,
    read_ahead,
    record_columns,
    traced,
    valid_indices,
)
from tfretrieval import images
from tfretrieval.workers import ALONE, Workers

# The stream of random numbers that says which pictures are mirrored.
_MIRROR = 2


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
    workers: Workers = ALONE,
) -> tf.data.Dataset:
    """So many sketches and as many photos a step, each augmented in its own way.

    An epoch shows every sketch once, in full batches, and of the photos as many, drawn anew and
    apart from the sketches: where there are as many of both, they do not come in pairs.

    Args:
        sketches, photos: int, into `records`; what is a sketch is told by the list it stands in.
        augment: of the sketches; `SketchAugmentation()` by default. Photos are mirrored at most.
        workers: who train together; each batch is then the share of this one, of sketches and of
            photos.

    Returns:
        Batches `({"image": float32 [B, S, S, 3], "domain": int32 [B]}, labels [B])`, the sketches
        first.
    """
    sketches, photos = (valid_indices(records, part).reshape(-1) for part in (sketches, photos))
    per_domain = min(per_domain, len(sketches))
    steps = order.steps_per_epoch(len(sketches), per_domain)
    view = augment or SketchAugmentation()
    shape = (steps, 2, per_domain)

    def epoch(number: int) -> np.ndarray:
        return paired_order(sketches, photos, shape[-1], seed, number).ravel()

    read, labels, _ = record_columns(records, None, None)
    is_sketch = tf.constant(np.isin(np.arange(len(records)), sketches))
    drawn = traced(type(view).load, self=view, size=image_size)
    taken = traced(load_photo, size=image_size)

    def example(index: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        contents = read(index)
        image = tf.cond(
            is_sketch[index],
            lambda: drawn(contents=contents, seed=seed),
            lambda: taken(contents=contents, seed=seed),
        )
        return tf.ensure_shape(image, [image_size, image_size, 3]), tf.gather(labels, index)

    dataset = in_epochs(epoch, example, shape, seed, first_epoch, epochs, workers, axis=2)
    per_domain //= len(workers.names)
    domains = np.repeat([SKETCH, PHOTO], per_domain).astype(np.int32)
    dataset = dataset.batch(2 * per_domain, drop_remainder=True)
    return read_ahead(
        dataset.map(lambda image, label: ({"image": image, "domain": domains}, label))
    )


def paired_feature_batches(
    features: np.ndarray,
    labels: np.ndarray,
    sketches: np.ndarray,
    photos: np.ndarray,
    *,
    per_domain: int,
    seed: int,
    epochs: int,
    first_epoch: int = 0,
    workers: Workers = ALONE,
) -> tf.data.Dataset:
    """The same of what a frozen network says of every picture and of its mirror image.

    Args:
        features: `[N, 2, ...]`; which of the two is shown is drawn for every picture and epoch.
        labels: `[N]`.

    Returns:
        Batches `({"image": float32 [B, ...], "domain": int32 [B]}, labels [B])`, the sketches
        first.
    """
    per_domain = min(per_domain, len(sketches))
    numbers = range(first_epoch, epochs)
    rows = np.concatenate(
        [paired_order(sketches, photos, per_domain, seed, number) for number in numbers]
    ).reshape(-1, 2 * per_domain)
    mirrored = np.concatenate(
        [
            np.random.default_rng([seed, number, _MIRROR]).integers(
                0, 2, (len(rows) // len(numbers), 2 * per_domain)
            )
            for number in numbers
        ]
    )
    rows, mirrored = (
        workers.share(part.reshape(-1, 2, per_domain), axis=2).reshape(len(part), -1)
        for part in (rows, mirrored)
    )
    per_domain //= len(workers.names)
    domains = np.repeat([SKETCH, PHOTO], per_domain).astype(np.int32)

    def gathered(row: np.ndarray, side: np.ndarray) -> np.ndarray:
        return features[row, side].astype(np.float32)

    def example(row: tf.Tensor, side: tf.Tensor, label: tf.Tensor) -> tuple[Any, tf.Tensor]:
        found = tf.numpy_function(gathered, [row, side], tf.float32)
        found = tf.ensure_shape(found, [2 * per_domain, *features.shape[2:]])
        return {"image": found, "domain": domains}, label

    batches = tf.data.Dataset.from_tensor_slices((rows, mirrored, labels[rows]))
    return batches.map(example).prefetch(tf.data.AUTOTUNE)


def paired_order(
    sketches: np.ndarray, photos: np.ndarray, per_domain: int, seed: int, epoch: int
) -> np.ndarray:
    """The pictures of an epoch, `[steps, 2, per_domain]`: sketches, then photos."""
    steps = order.steps_per_epoch(len(sketches), per_domain)
    drawn = [
        part[np.resize(order.shuffled(len(part), seed, epoch, stream), steps * per_domain)]
        for stream, part in enumerate((sketches, photos))
    ]
    return np.stack([part.reshape(steps, per_domain) for part in drawn], axis=1)


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
    read, _, _ = record_columns(records, None, None)
    domains = tf.constant(records.domains)
    drawn = traced(load_sketch, size=image_size)
    taken = traced(images.load, size=image_size)

    def example(index: tf.Tensor) -> dict[str, tf.Tensor]:
        contents, domain = read(index), domains[index]
        image = tf.cond(
            domain == SKETCH,
            lambda: drawn(contents=contents),
            lambda: taken(contents=contents),
        )
        image = tf.ensure_shape(image, [image_size, image_size, 3])
        return {"image": tf.stack([image, image[:, ::-1]]), "domain": tf.stack([domain, domain])}

    dataset = tf.data.Dataset.from_tensor_slices(valid_indices(records, indices).reshape(-1))
    return read_ahead(each(dataset, example).unbatch().batch(2 * batch_size))
