"""MAC: the maximum of every channel."""

import tensorflow as tf

from tfretrieval.layers._pooling import check_maps


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class MAC(tf.keras.layers.Layer):
    """Maximum activation of convolutions: ``max_xy maps``, ``[B, H, W, C]`` to ``[B, C]``.

    Source: Razavian et al. 2016, Tolias et al. 2016. Follow it with
    ``tf.keras.layers.UnitNormalization`` for a descriptor.

    Raises:
        ValueError: maps of another rank.

    >>> MAC()(tf.constant([[[[1.0, -2.0], [3.0, -4.0]]]])).numpy().tolist()
    [[3.0, -2.0]]
    """

    def call(self, inputs):
        check_maps(inputs)
        return tf.reduce_max(inputs, axis=(1, 2))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1])
