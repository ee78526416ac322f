"""Descriptors of pictures with their own aspect, a size at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from data_pipelines import steps
from data_pipelines.records import Records
from recipes.instance.settings import InstanceSettings
from tfretrieval.backbones.networks import network

if TYPE_CHECKING:
    from recipes.instance.pooled import Pooled

# Pixels, and pictures, that are described at a time.
BATCH_PIXELS, BATCH_PICTURES = 2**23, 64


def describe(
    config: InstanceSettings,
    model: tf.keras.Model,
    records: Records,
    long_side: int,
    boxes: np.ndarray | None = None,
    indices: np.ndarray | None = None,
    seen: Pooled | None = None,
) -> np.ndarray:
    """Descriptors of pictures, float32 ``[n, D]``.

    Args:
        long_side: pixels at most.
        boxes: float32 ``[N, 4]``, cut out.
        indices: of the pictures; all by default.
        seen: what a frozen network says of the pictures, whose features the model reads.

    Raises:
        DataError: a picture that is too small for the network.
    """
    if seen is not None:
        return seen.describe(model, records, long_side, boxes, indices)
    batches, places = steps.bounded_batches(
        records,
        np.arange(len(records)) if indices is None else indices,
        long_side=long_side,
        batch_size=pictures_at_a_time(long_side),
        boxes=boxes,
        # Multi-scale search halves every side.
        least=2 * network(config.backbone).least,
    )
    found = outputs(model, batches)
    descriptors = np.empty_like(found)
    descriptors[places] = found
    return descriptors


def pictures_at_a_time(side: int) -> int:
    """How many pictures of this side are described at a time."""
    return min(BATCH_PICTURES, max(1, BATCH_PIXELS // side**2))


def outputs(model: tf.keras.Model, batches: tf.data.Dataset) -> np.ndarray:
    """Of all batches. Not by ``predict``, whose graph XLA compiles anew for every picture size
    where Keras 3 finds a GPU."""
    call = tf.function(
        lambda images: model(images, training=False), reduce_retracing=True, jit_compile=False
    )
    return np.concatenate([call(images).numpy() for images in batches])
