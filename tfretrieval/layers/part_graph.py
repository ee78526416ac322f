"""A graph between the parts of one picture."""

import tensorflow as tf

from tfretrieval.layers._parts import unit_signed_root
from tfretrieval.layers.edge_conv import EdgeConv, check_nodes


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class PartGraph(tf.keras.layers.Layer):
    """Two :class:`EdgeConv` over the parts of a picture: nodes ``[B, M, C]`` to ``[B, 2 C M]``.

    The neighbours of the second are looked for among the outputs of the first. Both outputs side by
    side, ``[B, M, 2 C]``, are flattened channel by channel (index ``channel M + node``, the order
    opposite to that of :class:`BilinearAttentionPooling`); then ``sign(v) sqrt(|v| + 1e-12)``, then
    unit length.

    Source: the graph branch in the code of Sun et al. 2022; with 3 neighbours a part sees itself
    and two others.

    Args:
        neighbours: parts that a part sees, itself among them.

    Input: :class:`PartNodes`, in any precision; output in the layer's compute dtype.

    Raises:
        ValueError: ``neighbours`` below one or more than there are parts, an input of another rank.

    >>> tuple(PartGraph(neighbours=3)(tf.ones([2, 5, 4])).shape)
    (2, 40)
    """

    def __init__(self, neighbours: int = 3, **kwargs):
        super().__init__(**kwargs)
        if neighbours < 1:
            raise ValueError(f"neighbours must be at least 1, got {neighbours}")
        self.neighbours = neighbours

    def build(self, input_shape):
        check_nodes(input_shape, self.neighbours)
        # The layer's own precision: Keras hands parts the global policy.
        policy = getattr(self, "dtype_policy", None)
        self.edges = [
            EdgeConv(input_shape[-1], self.neighbours, name=f"edge{number}", dtype=policy)
            for number in (1, 2)
        ]
        for edge in self.edges:
            edge.build(tuple(input_shape))
        super().build(input_shape)

    def call(self, inputs, training=None):
        first = self.edges[0](inputs, training=training)
        second = self.edges[1](first, training=training)
        both = tf.cast(tf.concat([first, second], axis=-1), tf.float32)
        flat = tf.reshape(tf.transpose(both, [0, 2, 1]), [-1, both.shape[1] * both.shape[2]])
        return tf.cast(unit_signed_root(flat), inputs.dtype)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], 2 * input_shape[1] * input_shape[2])

    def get_config(self):
        return {**super().get_config(), "neighbours": self.neighbours}
