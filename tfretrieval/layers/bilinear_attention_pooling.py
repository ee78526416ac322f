"""Bilinear attention pooling: a map pooled once for every part of the subject."""

import tensorflow as tf

from tfretrieval.layers._parts import check_parts, flat_parts, part_maxima, unit_signed_root

POOLINGS = ("mean", "max")


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class BilinearAttentionPooling(tf.keras.layers.Layer):
    """Features pooled under each attention map: ``[B, H, W, C]``, ``[B, h, w, M]`` to ``[B, M C]``.

    ``v_mc = 1 / (H W) sum_xy A_m F_c`` at index ``m C + c``, then ``sign(v) sqrt(|v| + 1e-12)``,
    then unit length. ``pooling="max"`` takes the largest ``A_m F_c`` in place of the mean.
    Attention of another size is brought to that of the features, bilinear with aligned corners.

    The mean is one matrix product. The maximum goes through the maps one by one: M products
    ``[B, H, W, C]``, one at a time in memory, and two gathers that the gradient passes. Both are
    computed in float32, also under mixed precision: the sum over the cells leaves float16.

    Source: Hu and Qi 2019 (WS-DAN) and the code of Sun et al. 2022. The maps are the caller's: a
    1x1 convolution, batch normalisation and ReLU in :func:`tfretrieval.models.gdf_net`.

    Args:
        pooling: ``"mean"`` or ``"max"``.

    Call with ``[features, attention]``; the output is in the layer's compute dtype.

    Raises:
        ValueError: another ``pooling``, inputs of another rank, an unknown number of maps, sizes
            that differ and are not known beforehand.

    >>> features, attention = tf.ones([1, 2, 2, 3]), tf.ones([1, 2, 2, 4])
    >>> BilinearAttentionPooling()([features, attention])[0, :2].numpy().round(4)
    array([0.2887, 0.2887], dtype=float32)
    """

    def __init__(self, pooling: str = "mean", **kwargs):
        super().__init__(**kwargs)
        if pooling not in POOLINGS:
            raise ValueError(f"pooling must be one of {POOLINGS}, got {pooling!r}")
        self.pooling = pooling

    def build(self, input_shape):
        check_parts(*input_shape)
        super().build(input_shape)

    def call(self, inputs):
        features, attention = inputs
        dtype = features.dtype
        features, attention = flat_parts(features, attention)
        if self.pooling == "max":
            pooled = part_maxima(features, attention)
        else:
            cells = tf.cast(tf.shape(features)[1], tf.float32)
            pooled = tf.matmul(attention, features, transpose_a=True) / cells
        pooled = tf.reshape(pooled, [-1, attention.shape[-1] * features.shape[-1]])
        return tf.cast(unit_signed_root(pooled), dtype)

    def compute_output_shape(self, input_shape):
        features, attention = input_shape
        return (features[0], attention[-1] * features[-1])

    def get_config(self):
        return {**super().get_config(), "pooling": self.pooling}
