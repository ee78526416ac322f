"""The sign, with a gradient."""

from typing import Any

import tensorflow as tf


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class StraightThroughSign(tf.keras.layers.Layer):
    """``sign(x)``, whose gradient is that of ``x``: no learning rate is lost by relaxation.

    The sign of 0 is +1, as that of every bit here.

    Source: Su et al. 2018 (GreedyHash), equation 6. Their distance to signs is
    :class:`~tfretrieval.losses.QuantizationLoss` of power 3 on what enters.

    Input of any shape, output of the same, float32 also under mixed precision.

    >>> StraightThroughSign()(tf.constant([[0.2, -3.0, 0.0]])).numpy().tolist()
    [[1.0, -1.0, 1.0]]
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**{**kwargs, "dtype": "float32"})

    def call(self, inputs):
        signs = tf.where(inputs >= 0, 1.0, -1.0)
        # NaN is no sign: a diverged run is to be seen. Nor may inputs - inputs round.
        return tf.stop_gradient(signs - inputs) + inputs + 0.0

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)
