"""GeM: a mean between SPoC and MAC whose exponent is learned."""

import tensorflow as tf

from tfretrieval.layers._pooling import check_maps


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class GeM(tf.keras.layers.Layer):
    """Generalised mean of every channel, ``[B, H, W, C]`` to ``[B, C]``.

    ``(mean_xy max(maps, epsilon)^p)^(1/p)``; p = 1 is :class:`SPoC` of maps above zero, p towards
    infinity :class:`MAC`. Computed in float32 relative to the largest value of a channel, so that
    no power leaves the range.

    Source: Radenovic et al. 2019, equation 3; p starts at 3 and is learned at ten times the rate of
    the network. Here ``p = rate * weight``: a step of Adam moves the weight by the learning rate
    and p by ``rate`` times as much. Keep the weight out of the decay:
    ``optimizer.exclude_from_weight_decay(var_names=["gem_p"])``.

    Args:
        p: where the exponent starts.
        epsilon: smallest value that is raised to a power.
        rate: how much faster than the network p is learned, under Adam.

    Raises:
        ValueError: an argument that is not positive, maps of another rank.

    >>> round(float(GeM()(tf.constant([[[[1.0], [3.0]]]]))[0, 0]), 4)
    2.4101
    """

    def __init__(self, p: float = 3.0, epsilon: float = 1e-6, rate: float = 10.0, **kwargs):
        super().__init__(**kwargs)
        if min(p, epsilon, rate) <= 0:
            raise ValueError(f"p, epsilon and rate must be positive, got {p}, {epsilon} and {rate}")
        self.initial_p = p
        self.epsilon = epsilon
        self.rate = rate

    def build(self, input_shape):
        initial = tf.keras.initializers.Constant(self.initial_p / self.rate)
        self.gem_p = self.add_weight(name="gem_p", shape=(), initializer=initial)
        super().build(input_shape)

    @property
    def p(self) -> float:
        """The exponent of a built layer."""
        return float(self.rate * tf.convert_to_tensor(self.gem_p))

    def call(self, inputs):
        check_maps(inputs)
        p = self.rate * tf.cast(tf.convert_to_tensor(self.gem_p), tf.float32)
        maps = tf.maximum(tf.cast(inputs, tf.float32), self.epsilon)
        # The formula holds for every constant here, so it is one for the gradient.
        largest = tf.stop_gradient(tf.reduce_max(maps, axis=(1, 2), keepdims=True))
        means = tf.reduce_mean(tf.pow(maps / largest, p), axis=(1, 2))
        return tf.cast(largest[:, 0, 0] * tf.pow(means, 1 / p), inputs.dtype)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1])

    def get_config(self):
        return {
            **super().get_config(),
            "p": self.initial_p,
            "epsilon": self.epsilon,
            "rate": self.rate,
        }
