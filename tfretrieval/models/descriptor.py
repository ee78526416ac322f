"""Global descriptors of pictures: one vector of length one, compared by the inner product."""

import math
from collections.abc import Sequence

import tensorflow as tf

from tfretrieval.layers import Fold, GeM, PowerMean, Rescale, Unfold

SCALES = (1.0, 1 / math.sqrt(2), 0.5)
"""Of Radenovic et al. 2019."""


def descriptor(
    backbone: tf.keras.Model,
    pooling: tf.keras.layers.Layer | None = None,
    projection: bool = False,
) -> tf.keras.Model:
    """A backbone, a pooling of its last map, and the scaling to length one.

    Args:
        backbone: ends in a map ``[B, h, w, C]``; built for ``(None, None, 3)`` it takes pictures of
            every size.
        pooling: layer from maps to ``[B, C]``: GeM (default), MAC, SPoC or R-MAC.
        projection: a linear map of the pooled features of length one, ``[C, C]``, which begins as
            the identity: what can be trained behind a frozen backbone without losing what it knows.

    Returns:
        A model from images ``[B, H, W, 3]`` to float32 ``[B, C]``; its last layers are
        ``pooling``, where asked for ``pooled`` (length one) and ``projection``, and ``descriptor``.

    Raises:
        ValueError: the backbone ends in something else than a map.

    >>> from tfretrieval.backbones import resnet18
    >>> model = descriptor(resnet18((None, None, 3), width=4))
    >>> tuple(model(tf.zeros([2, 64, 96, 3])).shape)
    (2, 32)
    """
    if len(backbone.output_shape) != 4:
        raise ValueError(
            f"the backbone must end in a map [B, h, w, C], not in {backbone.output_shape}: "
            "build it without num_classes"
        )
    pooling = GeM(name="pooling") if pooling is None else pooling
    x = pooling(backbone.output)
    if projection:
        x = tf.keras.layers.UnitNormalization(name="pooled", dtype="float32")(x)
        x = tf.keras.layers.Dense(
            x.shape[-1], use_bias=False, kernel_initializer="identity", name="projection"
        )(x)
    unit = tf.keras.layers.UnitNormalization(name="descriptor", dtype="float32")
    return tf.keras.Model(backbone.input, unit(x))


def tuple_encoder(
    encoder: tf.keras.Model, members: int, image_size: int | None = None
) -> tf.keras.Model:
    """The encoder on tuples: images ``[B, members, H, W, 3]`` to ``[B, members, D]``.

    It shares its weights with the encoder, and is what ``fit`` trains by a loss on tuples.

    Args:
        encoder: from images to ``[B, D]``.
        members: pictures of a tuple.
        image_size: pixels of a side, where the encoder takes pictures of every size.

    >>> from tfretrieval.backbones import resnet18
    >>> encoder = descriptor(resnet18((32, 32, 3), width=4))
    >>> tuple_encoder(encoder, members=7).output_shape
    (None, 7, 32)
    """
    height, width, channels = encoder.input_shape[1:]
    size = (height or image_size, width or image_size, channels)
    images = tf.keras.Input((members, *size), name="tuple")
    return tf.keras.Model(images, Unfold(members, name="tuples")(encoder(Fold()(images))))


def multi_scale(
    encoder: tf.keras.Model,
    scales: Sequence[float] = SCALES,
    power: float = 1.0,
) -> tf.keras.Model:
    """Descriptors averaged over several sizes of a picture: ``(sum_s d_s^power)^(1/power)``.

    Source: Radenovic et al. 2019, who take GeM's p as the power for descriptors that are not
    negative, and 1 otherwise.

    Args:
        encoder: from images of any size to descriptors.
        scales: factors of height and width; bilinear, smoothed where they shrink.
        power: of the mean over scales; above 1 only for descriptors without negative values.

    Returns:
        A model as the encoder, its output scaled to length one again.

    Raises:
        ValueError: scales or power that are not positive.

    >>> from tfretrieval.backbones import resnet18
    >>> model = multi_scale(descriptor(resnet18((None, None, 3), width=4)))
    >>> tuple(model(tf.zeros([2, 64, 96, 3])).shape)
    (2, 32)
    """
    if not scales or min(*scales, power) <= 0:
        raise ValueError(f"scales and power must be positive, got {tuple(scales)} and {power}")
    images = tf.keras.Input((None, None, 3), name="image")
    outputs = [encoder(images if scale == 1 else Rescale(scale)(images)) for scale in scales]
    mean = PowerMean(power, dtype="float32")(outputs) if len(outputs) > 1 else outputs[0]
    unit = tf.keras.layers.UnitNormalization(name="multi_scale", dtype="float32")
    return tf.keras.Model(images, unit(mean))
