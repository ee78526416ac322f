"""A tanh that grows to a sign."""

import tensorflow as tf

from tfretrieval.compat import first_replica


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class ScaledTanh(tf.keras.layers.Layer):
    """``tanh(beta x)`` with a beta that is no part of the gradient and is raised while training.

    Source: Cao et al. 2017 (HashNet), section 3.2: as beta grows the relaxed code becomes its sign.
    :class:`~tfretrieval.callbacks.Continuation` raises it.

    Args:
        beta: at first.

    Input of any shape, output of the same, float32 also under mixed precision.

    Raises:
        ValueError: a beta that is not positive.

    >>> ScaledTanh(10.0)(tf.constant([[1.0, -2.0]])).numpy().round(4).tolist()
    [[1.0, -1.0]]
    """

    def __init__(self, beta: float = 1.0, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        if beta <= 0:
            raise ValueError(f"beta must be positive, got {beta}")
        self.first = beta

    def build(self, input_shape):
        self.beta = self.add_weight(
            name="beta",
            shape=(),
            initializer=tf.keras.initializers.Constant(self.first),
            trainable=False,
            aggregation=first_replica(),
        )
        super().build(input_shape)

    def call(self, inputs):
        return tf.tanh(tf.convert_to_tensor(self.beta) * inputs)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)

    def get_config(self):
        return {**super().get_config(), "beta": self.first}
