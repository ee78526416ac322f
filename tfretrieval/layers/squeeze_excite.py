"""Squeeze and excitation: channels weighted by what the whole map shows."""

import tensorflow as tf

from tfretrieval.layers._channel_gate import ChannelGate, scaled


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class SqueezeExcite(ChannelGate):
    """``out = x * gate``, one gate a channel and picture.

    ``s = mean_hw(x)``, ``h = activation(s W1 + b1)`` with ``max(1, C // reduction)`` units,
    ``gate = sigmoid(h W2 + b2)``.

    Source: Hu et al. 2018, with ReLU inside; the sigmoid is that of Lu et al. 2021, whose authors'
    code the golden values come from.

    Args:
        reduction: channels for each hidden unit.
        activation: of the hidden units; ``"relu"`` is the usual choice.
        initial_gate: where every gate starts, between 0 and ``ceiling``: W2 is zero then and b2
            the logit. ``None`` starts from random W2, gates around half of the ceiling.
        ceiling: what the sigmoid is multiplied by: 1 in the paper. With 2 and an initial gate of 1
            a layer put into a trained network passes its signal through at first and learns as
            fast as it can, where a sigmoid alone is flat near 1 (our choice).

    Input and output: maps ``[B, H, W, C]`` in the layer's compute dtype. Weights in order: W1
    ``[C, hidden]``, b1, W2 ``[hidden, C]``, b2.

    Raises:
        ValueError: ``reduction`` below one, ``initial_gate`` outside (0, ``ceiling``), an input of
            another rank.

    >>> layer = SqueezeExcite(initial_gate=0.75)
    >>> round(float(tf.reduce_max(layer(tf.ones([1, 2, 2, 32])))), 4)
    0.75
    >>> tuple(layer.gate(tf.ones([5, 2, 2, 32])).shape)
    (5, 32)
    """

    def build(self, input_shape):
        self._add_weights(input_shape)
        super().build(input_shape)

    def gate(self, maps: tf.Tensor) -> tf.Tensor:
        """The gates of a built layer, float32 ``[B, C]``."""
        return self._gate(maps)

    def call(self, inputs):
        return scaled(inputs, self.gate(inputs))

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)
