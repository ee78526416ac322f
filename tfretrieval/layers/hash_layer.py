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
        start: what Glorot's uniform kernel is multiplied by at first. Below 1 the codes start near
            zero, where tanh is a line: a second loss on a fresh code (a center loss, say) would
            else meet bits that are decided already. No source: our choice.

    Input ``[..., D]``, output float32 ``[..., bits]``: the layer computes in float32 also under
    mixed precision, since the sign of a small value is what counts.

    Raises:
        ValueError: ``bits`` below one, another activation, a ``start`` that is not positive.

    >>> codes = HashLayer(16)(tf.ones([2, 3, 8]))
    >>> tuple(codes.shape), codes.dtype.name
    ((2, 3, 16), 'float32')
    """

    def __init__(self, bits: int, activation: str = "tanh", start: float = 1.0, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        if bits < 1:
            raise ValueError(f"bits must be at least 1, got {bits}")
        if activation not in ACTIVATIONS:
            raise ValueError(f"activation must be one of {ACTIVATIONS}, got {activation!r}")
        if start <= 0:
            raise ValueError(f"start must be positive, got {start}")
        self.bits = bits
        self.activation = activation
        self.start = start

    def build(self, input_shape):
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], self.bits),
            initializer=tf.keras.initializers.VarianceScaling(self.start**2, "fan_avg", "uniform"),
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
        own = {"bits": self.bits, "activation": self.activation, "start": self.start}
        return {**super().get_config(), **own}
