"""The mean of several descriptors of one picture."""

import tensorflow as tf


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class PowerMean(tf.keras.layers.Layer):
    """``(mean_i x_i^power)^(1/power)`` of several tensors of one shape.

    Args:
        power: above 1 values below 0 count as 0.

    Call with a list of tensors; the output has the shape and the type of one. Computed in float32:
    powers leave the range of float16.

    Raises:
        ValueError: a power that is not positive.

    >>> float(PowerMean(2.0)([tf.constant([1.0]), tf.constant([7.0])])[0])
    5.0
    """

    def __init__(self, power: float = 1.0, **kwargs):
        super().__init__(**kwargs)
        if not power > 0:
            raise ValueError(f"power must be positive, got {power}")
        self.power = power

    def call(self, inputs):
        stacked = tf.cast(tf.stack(inputs), tf.float32)
        if self.power == 1:
            return tf.cast(tf.reduce_mean(stacked, axis=0), inputs[0].dtype)
        powers = tf.pow(tf.maximum(stacked, 0.0), self.power)
        mean = tf.pow(tf.reduce_mean(powers, axis=0), 1 / self.power)
        return tf.cast(mean, inputs[0].dtype)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape[0])

    def get_config(self):
        return {**super().get_config(), "power": self.power}
