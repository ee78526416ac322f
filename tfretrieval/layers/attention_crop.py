"""Augmentation that looks closer at a part of the subject."""

import tensorflow as tf

from tfretrieval.layers._attended import AttentionAugmentation


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class AttentionCrop(AttentionAugmentation):
    """Pictures cut to where one of their attention maps is high, at their own size.

    While training, one map of every picture is drawn, with a probability in proportion to the
    square root of its sum, and divided by its maximum; enlarged to the picture (bilinear, aligned
    corners) it is at least the threshold inside the box that is kept, to which ``padding`` of the
    side is added on all four. Bilinear again, aligned corners, the box fills the picture. A map
    that is zero everywhere keeps the whole picture. In inference pictures pass as they are.

    Source: Hu and Qi 2019 (WS-DAN) and a public code of it, GuYuc/WS-DAN.PyTorch, whose numbers are
    the defaults. Whether Sun et al. 2022 train with it is not known.

    The draws are a function of ``seed`` and of the number of batches that the layer has seen, which
    is one of its weights: a resumed training draws on. Crop and drop with one seed draw apart.

    Args:
        threshold: from where to where it is drawn, evenly, one for each picture.
        padding: share of the side that is added on each side of the box.
        seed: of the draws.

    Call with ``[images [B, H, W, C], attention [B, h, w, M]]``, all sizes but B known; attention is
    0 or more. The output is float32 ``[B, H, W, C]`` without gradient.

    Raises:
        ValueError: a threshold that is not ``0 < low <= high <= 1``, a negative ``padding``, inputs
            of other shapes.

    >>> images = tf.reshape(tf.range(16.0), [1, 4, 4, 1])
    >>> attention = tf.one_hot([[0, 1], [1, 1]], 1)[None]
    >>> AttentionCrop(padding=0.0)([images, attention], training=True)[0, :, :, 0].numpy().round(2)
    array([[0.  , 0.33, 0.67, 1.  ],
           [1.33, 1.67, 2.  , 2.33],
           [2.67, 3.  , 3.33, 3.67],
           [4.  , 4.33, 4.67, 5.  ]], dtype=float32)
    """

    def __init__(
        self,
        threshold: tuple[float, float] = (0.4, 0.6),
        padding: float = 0.1,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(threshold, seed, **kwargs)
        if padding < 0:
            raise ValueError(f"padding must not be negative, got {padding}")
        self.padding = padding

    def augment(self, images, reached):
        for axis in (1, 2):
            first, last = _span(tf.reduce_any(reached, axis=3 - axis), self.padding)
            images = _stretch(images, first, last, axis)
        return images

    def get_config(self):
        return {**super().get_config(), "padding": self.padding}


def _span(reached, padding):
    """First and last pixel of every row of ``[B, side]``, padded; all of it where there is none."""
    side = reached.shape[1]
    reached |= ~tf.reduce_any(reached, axis=1, keepdims=True)
    pixels, edge = tf.range(side), tf.cast(padding * side, tf.int32)
    first = tf.reduce_min(tf.where(reached, pixels, side), axis=1)
    last = tf.reduce_max(tf.where(reached, pixels, -1), axis=1)
    return tf.maximum(first - edge, 0), tf.minimum(last + edge, side - 1)


def _stretch(images, first, last, axis):
    """The pixels from ``first`` to ``last`` ``[B]`` along an axis, brought to its whole length.

    ``tf.image.crop_and_resize`` does this for both axes; XLA does not know it.
    """
    side = images.shape[axis]
    steps = tf.linspace(0.0, 1.0, side) if side > 1 else tf.zeros([1])
    begin, length = (tf.cast(x, tf.float32)[:, None] for x in (first, last - first))
    positions = begin + steps * length
    below = tf.cast(tf.floor(positions), tf.int32)
    above = tf.minimum(below + 1, last[:, None])
    weight = positions - tf.cast(below, tf.float32)
    weight = weight[:, :, None, None] if axis == 1 else weight[:, None, :, None]
    low, high = (_take(images, index, axis) for index in (below, above))
    return low + weight * (high - low)


def _take(images, index, axis):
    """Rows or columns ``index`` ``[B, side]`` of every picture."""
    if axis == 1:
        return tf.gather(images, index, axis=1, batch_dims=1)
    return tf.transpose(
        tf.gather(tf.transpose(images, [0, 2, 1, 3]), index, axis=1, batch_dims=1), [0, 2, 1, 3]
    )
