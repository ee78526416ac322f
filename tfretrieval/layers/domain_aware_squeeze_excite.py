"""Squeeze and excitation that knows whether it sees a sketch or a photo."""

import tensorflow as tf

from tfretrieval.layers._channel_gate import ChannelGate, scaled


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class DomainAwareSqueezeExcite(ChannelGate):
    """:class:`SqueezeExcite` whose second dense layer also reads the domain.

    ``gate = sigmoid([h, domain] W2 + b2)``: the domain stands after the hidden units, the last row
    of W2 belongs to it. One network then serves both domains with channels weighted for each.

    Source: Lu et al. 2021, as in the authors' code.

    Args:
        reduction, activation, initial_gate, ceiling: as of :class:`SqueezeExcite`.

    Call with ``[maps, domain]``: maps ``[B, H, W, C]`` and 0 for a sketch, 1 for a photo, ``[B]``
    or ``[B, 1]`` of any number type. Output: maps in the layer's compute dtype. Weights in order:
    W1 ``[C, hidden]``, b1, W2 ``[hidden + 1, C]``, b2.

    Raises:
        ValueError: ``reduction`` below one, ``initial_gate`` outside (0, ``ceiling``), a call
            without the domain, maps of another rank, not one domain for each map.
        InvalidArgumentError: a domain that is neither 0 nor 1. XLA has no assertions: code
            compiled by it goes on.

    >>> layer = DomainAwareSqueezeExcite()
    >>> maps, domain = tf.ones([2, 3, 3, 32]), tf.constant([0, 1])
    >>> sketch, photo = layer([maps, domain])
    >>> bool(tf.reduce_any(sketch != photo))
    True
    """

    def build(self, input_shape):
        self._add_weights(_pair(input_shape)[0], known=1)
        super().build(input_shape)

    def gate(self, inputs: list[tf.Tensor] | tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        """The gates of a built layer for ``[maps, domain]``, float32 ``[B, C]``."""
        maps, domain = _pair(inputs)
        return self._gate(maps, _domain_column(domain, maps))

    def call(self, inputs):
        return scaled(inputs[0], self.gate(inputs))

    def compute_output_shape(self, input_shape):
        return tuple(_pair(input_shape)[0])


def _pair(inputs):
    """Maps and domain, or their shapes; the shape of maps alone is numbers."""
    listed = isinstance(inputs, list | tuple) and len(inputs) == 2
    if not listed or isinstance(inputs[0], int | None):
        raise ValueError(
            "the domain is missing: call the layer with [maps, domain], 0 for a sketch and 1 for a "
            "photo, or use SqueezeExcite"
        )
    return inputs


def _domain_column(domain, maps):
    """float32 ``[B, 1]``."""
    domain = tf.convert_to_tensor(domain)
    # Keras 2 forgets the rank where `predict` has seen both [B] and [B, 1].
    batch = maps.shape[0]
    if not any(domain.shape.is_compatible_with(shape) for shape in ([batch], [batch, 1])):
        raise ValueError(
            f"the domain must be [B] or [B, 1], one number for each of {batch} maps, got shape "
            f"{tuple(domain.shape)}"
        )
    column = tf.reshape(tf.cast(domain, tf.float32), [-1, 1])
    known = tf.debugging.Assert(
        tf.reduce_all((column == 0) | (column == 1)),
        [
            "domain must be 0 (sketch) or 1 (photo), these go from and to",
            tf.reduce_min(column),
            tf.reduce_max(column),
        ],
    )
    # The gate waits for the verdict, in a graph too.
    with tf.control_dependencies([known]):
        return tf.identity(column)
