"""Cosines of features to one direction a class."""

import tensorflow as tf


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class CosineToCenters(tf.keras.layers.Layer):
    """``cos_ij = <x_i, c_j> / (|x_i| |c_j|)`` with learned centers: a classifier without lengths.

    Args:
        num_classes: number of centers.

    Input features ``[B, D]``, output float32 ``[B, num_classes]``, also under mixed precision. A
    feature of length zero has the cosine 0 to all.

    Raises:
        ValueError: ``num_classes`` below one, features of another rank.

    >>> layer = CosineToCenters(3)
    >>> bool(tf.reduce_all(tf.abs(layer(tf.ones([2, 4]))) <= 1))
    True
    """

    def __init__(self, num_classes: int, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        if num_classes < 1:
            raise ValueError(f"num_classes must be at least 1, got {num_classes}")
        self.num_classes = num_classes

    def build(self, input_shape):
        if len(input_shape) != 2:
            raise ValueError(f"features must be [B, D], got shape {tuple(input_shape)}")
        self.centers = self.add_weight(
            name="centers",
            shape=(self.num_classes, input_shape[-1]),
            initializer="glorot_uniform",
            trainable=True,
        )
        super().build(input_shape)

    def call(self, inputs):
        centers = tf.convert_to_tensor(self.centers)
        x, centers = (tf.math.l2_normalize(v, axis=1) for v in (inputs, centers))
        return tf.matmul(x, centers, transpose_b=True)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.num_classes)

    def get_config(self):
        return {**super().get_config(), "num_classes": self.num_classes}
