"""Pictures at another size."""

import tensorflow as tf


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class Rescale(tf.keras.layers.Layer):
    """Pictures ``[B, H, W, C]`` with both sides times ``scale``, rounded, one pixel at least.

    Bilinear, smoothed where they shrink. Not for XLA, which knows no smoothed resizing.

    Args:
        scale: factor of height and width.

    Raises:
        ValueError: a scale that is not positive.

    >>> tuple(Rescale(0.5)(tf.zeros([2, 8, 6, 3])).shape)
    (2, 4, 3, 3)
    """

    def __init__(self, scale: float, **kwargs):
        super().__init__(**kwargs)
        if not scale > 0:
            raise ValueError(f"scale must be positive, got {scale}")
        # XLA knows no smoothed resizing; Keras 3 would choose it on a GPU.
        self.supports_jit = False
        self.scale = scale

    def call(self, inputs):
        sides = tf.cast(tf.shape(inputs)[1:3], tf.float32) * self.scale
        size = tf.maximum(tf.cast(tf.round(sides), tf.int32), 1)
        resized = tf.image.resize(inputs, size, antialias=self.scale < 1)
        return tf.cast(resized, inputs.dtype)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], None, None, input_shape[-1])

    def get_config(self):
        return {**super().get_config(), "scale": self.scale}
