"""What squeeze-and-excitation layers share: a gate for every channel of a map."""

import math

import tensorflow as tf


class ChannelGate(tf.keras.layers.Layer):
    """Two dense layers from the spatial mean of a map to one gate a channel.

    The first has ``max(1, C // reduction)`` hidden units. A layer may append ``known`` numbers of
    its own to them. The gate is computed in float32 whatever the precision of the maps: the sum
    over 56 x 56 cells leaves the range of float16.

    Raises:
        ValueError: ``reduction`` below one, ``initial_gate`` outside (0, ``ceiling``).
    """

    def __init__(
        self,
        reduction: int = 16,
        activation: str = "sigmoid",
        initial_gate: float | None = None,
        ceiling: float = 1.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if reduction < 1:
            raise ValueError(f"reduction must be at least 1, got {reduction}")
        if ceiling <= 0:
            raise ValueError(f"ceiling must be positive, got {ceiling}")
        if initial_gate is not None and not 0 < initial_gate < ceiling:
            raise ValueError(f"initial_gate must lie between 0 and {ceiling:g}, got {initial_gate}")
        self.reduction = reduction
        self.activation = tf.keras.activations.get(activation)
        self.initial_gate = initial_gate
        self.ceiling = ceiling

    def get_config(self):
        return {
            **super().get_config(),
            "reduction": self.reduction,
            "activation": tf.keras.activations.serialize(self.activation),
            "initial_gate": self.initial_gate,
            "ceiling": self.ceiling,
        }

    def _add_weights(self, maps_shape, known=0):
        if len(maps_shape) != 4:
            raise ValueError(f"maps must be [B, H, W, C], got shape {tuple(maps_shape)}")
        channels = maps_shape[-1]
        hidden = max(1, channels // self.reduction)
        kernel, bias = "glorot_uniform", 0.0
        if self.initial_gate is not None:
            kernel, bias = "zeros", math.log(self.initial_gate / (self.ceiling - self.initial_gate))
        self.fc1_kernel = self.add_weight(
            name="fc1_kernel", shape=(channels, hidden), initializer="glorot_uniform"
        )
        self.fc1_bias = self.add_weight(name="fc1_bias", shape=(hidden,), initializer="zeros")
        self.fc2_kernel = self.add_weight(
            name="fc2_kernel", shape=(hidden + known, channels), initializer=kernel
        )
        self.fc2_bias = self.add_weight(
            name="fc2_bias",
            shape=(channels,),
            initializer=tf.keras.initializers.Constant(bias),
        )

    def _gate(self, maps, *known):
        """``[B, C]`` from maps ``[B, H, W, C]`` and columns ``[B, 1]``."""
        squeezed = tf.reduce_mean(tf.cast(maps, tf.float32), axis=(1, 2))
        hidden = self.activation(_dense(squeezed, self.fc1_kernel, self.fc1_bias))
        hidden = tf.concat([hidden, *known], axis=-1)
        return self.ceiling * tf.sigmoid(_dense(hidden, self.fc2_kernel, self.fc2_bias))


def scaled(maps: tf.Tensor, gate: tf.Tensor) -> tf.Tensor:
    """Maps ``[B, H, W, C]`` times gates ``[B, C]``, in the precision of the maps."""
    return maps * tf.cast(gate, maps.dtype)[:, None, None, :]


def _dense(x, kernel, bias):
    kernel, bias = (tf.cast(tf.convert_to_tensor(w), x.dtype) for w in (kernel, bias))
    return tf.matmul(x, kernel) + bias
