"""SPoC: the mean of every channel."""

import tensorflow as tf

from tfretrieval.layers._pooling import check_maps


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class SPoC(tf.keras.layers.Layer):
    """Sum-pooled convolutional features: ``mean_xy maps``, ``[B, H, W, C]`` to ``[B, C]``.

    Source: Babenko and Lempitsky 2015, without their weights that favour the middle; the mean is
    the sum but for a factor that a unit length takes away. The mean is taken in float32 whatever
    the precision of the maps. Follow it with ``tf.keras.layers.UnitNormalization``.

    Raises:
        ValueError: maps of another rank.

    >>> SPoC()(tf.constant([[[[1.0, -2.0], [3.0, -4.0]]]])).numpy().tolist()
    [[2.0, -3.0]]
    """

    def call(self, inputs):
        check_maps(inputs)
        return tf.cast(tf.reduce_mean(tf.cast(inputs, tf.float32), axis=(1, 2)), inputs.dtype)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1])
