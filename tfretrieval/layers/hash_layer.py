"""The hash-coding layer."""

import tensorflow as tf

ACTIVATIONS = ("tanh", "sigmoid")


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class HashLayer(tf.keras.layers.Layer):
    """Dense layer whose outputs are relaxed bits in [-1, 1].

    ``h = tanh(x W + b)``; with ``activation="sigmoid"`` ``h = 2 sigmoid(x W + b) - 1``, so that a
    bit is ``h >= 0`` in both. The paper (Pan et al. 2021, section 3) names a hash-coding layer
    but not its activation: tanh is the practice of the papers it compares with (our choice),
    sigmoid that of DLBHC, which it cites for hashing.

    Args:
        bits: length of the code.
        activation: ``"tanh"`` or ``"sigmoid"``.

    Input ``[..., D]``, output float32 ``[..., bits]``: the layer computes in float32 also under
    mixed precision, since the sign of a small value is what counts.

    Raises:
        ValueError: ``bits`` below one, or another activation.

    >>> codes = HashLayer(16)(tf.ones([2, 3, 8]))
    >>> tuple(codes.shape), codes.dtype.name
    ((2, 3, 16), 'float32')
    """

    def __init__(self, bits: int, activation: str = "tanh", **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        if bits < 1:
            raise ValueError(f"bits must be at least 1, got {bits}")
        if activation not in ACTIVATIONS:
            raise ValueError(f"activation must be one of {ACTIVATIONS}, got {activation!r}")
        self.bits = bits
        self.activation = activation

    def build(self, input_shape):
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], self.bits),
            initializer="glorot_uniform",
            trainable=True,
        )
        self.bias = self.add_weight(
            name="bias", shape=(self.bits,), initializer="zeros", trainable=True
        )
        super().build(input_shape)

    def call(self, inputs):
        z = tf.tensordot(inputs, tf.convert_to_tensor(self.kernel), axes=1) + self.bias
        # 2 sigmoid(z) - 1 = tanh(z / 2), without the cancellation around zero.
        return tf.tanh(z if self.activation == "tanh" else z / 2)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.bits)

    def get_config(self):
        return {**super().get_config(), "bits": self.bits, "activation": self.activation}
