"""The divide-and-encode module: every bit reads a slice of its own."""

import tensorflow as tf


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class DivideAndEncode(tf.keras.layers.Layer):
    """``h_k = 2 T(sigmoid(<x_k, w_k> + b_k)) - 1``, x_k being the k-th slice of the input.

    T is 0 below ``1/2 - epsilon``, 1 above ``1/2 + epsilon``, and the identity between: most bits
    are whole at once, and have no gradient then. No two bits share an input, which keeps them from
    saying the same.

    Source: Lai et al. 2015 (DNNH), section 3.2, whose slices have 50 features; codes in [-1, 1]
    here, where a triplet margin of 1 between codes in {0, 1} is 4 between squared distances.

    Args:
        bits: length of the code, a divisor of the number of features.
        epsilon: half of the width that is left as it is; 0.5 for the sigmoid alone.

    Input ``[B, bits * slice]``, output float32 ``[B, bits]``, also under mixed precision.

    Raises:
        ValueError: ``bits`` below one or no divisor, an epsilon outside (0, 0.5], features of
            another rank.

    >>> DivideAndEncode(4)(tf.ones([2, 200])).shape.as_list()
    [2, 4]
    """

    def __init__(self, bits: int, epsilon: float = 0.1, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        if bits < 1:
            raise ValueError(f"bits must be at least 1, got {bits}")
        if not 0 < epsilon <= 0.5:
            raise ValueError(f"epsilon must be in (0, 0.5], got {epsilon}")
        self.bits = bits
        self.epsilon = epsilon

    def build(self, input_shape):
        if len(input_shape) != 2 or not input_shape[-1] or input_shape[-1] % self.bits:
            raise ValueError(
                f"features must be [B, a multiple of {self.bits}], got shape {tuple(input_shape)}"
            )
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.bits, input_shape[-1] // self.bits),
            initializer="glorot_uniform",
            trainable=True,
        )
        self.bias = self.add_weight(
            name="bias", shape=(self.bits,), initializer="zeros", trainable=True
        )
        super().build(input_shape)

    def call(self, inputs):
        kernel = tf.convert_to_tensor(self.kernel)
        slices = tf.reshape(inputs, [-1, *kernel.shape])
        shares = tf.sigmoid(tf.reduce_sum(slices * kernel, axis=-1) + self.bias)
        shares = tf.where(shares > 0.5 + self.epsilon, 1.0, shares)
        return 2 * tf.where(shares < 0.5 - self.epsilon, 0.0, shares) - 1

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.bits)

    def get_config(self):
        return {**super().get_config(), "bits": self.bits, "epsilon": self.epsilon}
