"""The checkers can fail."""

import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_layer


@tf.keras.utils.register_keras_serializable(package="tests")
class UnitLength(tf.keras.layers.Layer):
    """Vectors of length one, whose gradient is right or leaves the length out."""

    def __init__(self, right: bool = True, **kwargs):
        super().__init__(**kwargs)
        self.right = right

    def call(self, inputs):
        length = tf.norm(inputs, axis=-1, keepdims=True)
        return inputs / (length if self.right else tf.stop_gradient(length))

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)

    def get_config(self):
        return {**super().get_config(), "right": self.right}


def test_a_wrong_gradient_of_vectors_of_length_one_is_found():
    x = np.random.default_rng(0).standard_normal((3, 5)).astype(np.float32)
    check_layer(UnitLength, x)
    with pytest.raises(AssertionError):
        check_layer(lambda: UnitLength(right=False), x)
