"""Augmentation that hides a part of the subject, so that others are looked for."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from tfretrieval.layers._attended import AttentionAugmentation


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class AttentionDrop(AttentionAugmentation):
    """Pictures whose pixels are ``fill`` where one of their attention maps is high.

    The map is drawn, divided by its maximum and enlarged as :class:`AttentionCrop` does, and hidden
    is where it reaches the threshold. A map that is zero everywhere hides nothing. In inference
    pictures pass as they are.

    Source: as :class:`AttentionCrop`. The public code writes 0 into pictures without mean, which is
    the mean colour; for pictures in [0, 255], where 0 is black, that is
    ``fill=(123.675, 116.28, 103.53)`` with ImageNet's mean.

    Args:
        threshold: from where to where it is drawn, evenly, one for each picture.
        fill: one number, or one for each channel.
        seed: of the draws.

    Call with ``[images [B, H, W, C], attention [B, h, w, M]]``, all sizes but B known; attention is
    0 or more. The output is float32 ``[B, H, W, C]`` without gradient.

    Raises:
        ValueError: a threshold that is not ``0 < low <= high <= 1``, a ``fill`` with another number
            of channels, inputs of other shapes.

    >>> images, attention = tf.ones([1, 3, 3, 1]), tf.one_hot([[0, 1], [1, 1]], 1)[None]
    >>> drop = AttentionDrop(threshold=(0.4, 0.4))
    >>> drop([images, attention], training=True)[0, :, :, 0].numpy().tolist()
    [[0.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """

    stream = 1

    def __init__(
        self,
        threshold: tuple[float, float] = (0.2, 0.5),
        fill: float | Sequence[float] = 0.0,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(threshold, seed, **kwargs)
        self.fill = np.asarray(fill, np.float32).tolist()

    def build(self, input_shape):
        super().build(input_shape)
        channels = input_shape[0][-1]
        if isinstance(self.fill, list) and len(self.fill) != channels:
            raise ValueError(f"fill has {len(self.fill)} numbers, pictures {channels} channels")

    def augment(self, images, reached):
        return tf.where(reached[..., None], tf.constant(self.fill, tf.float32), images)

    def get_config(self):
        return {**super().get_config(), "fill": self.fill}
