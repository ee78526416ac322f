"""EdgeConv: every node of a picture's graph joined with those most like it."""

import tensorflow as tf


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class EdgeConv(tf.keras.layers.Layer):
    """``out_i = max_j LeakyReLU(BN([f_j - f_i ; f_i] W))`` over the nearest nodes j of node i.

    The nodes of one picture are neighbours of each other, by squared Euclidean distance; a node is
    always its own first neighbour, and of nodes equally far the first ones are taken. The choice
    is a constant for the gradient.

    The product is taken once a node, ``f_j W1 + f_i (W2 - W1)``, not once an edge: the largest
    tensor is ``[B, M, neighbours, units]``. Distances are computed in float32, also under mixed
    precision; GPUs since Ampere round the factors of that product to TF32, which may choose another
    of two nodes that are nearly equally far.

    Source: Wang et al. 2019 (DGCNN); without bias, slope 0.2 and epsilon 1e-5 as in the code of Sun
    et al. 2022. Momentum 0.9 is PyTorch's default.

    Args:
        units: width of the output.
        neighbours: nodes that a node sees, itself among them.

    Input nodes ``[B, M, C]``, output ``[B, M, units]`` in the layer's compute dtype. Weights in
    order: W ``[2 C, units]``, those of the batch normalisation.

    Raises:
        ValueError: ``units`` or ``neighbours`` below one, more neighbours than nodes, an input of
            another rank.

    >>> tuple(EdgeConv(8, neighbours=3)(tf.ones([2, 5, 4])).shape)
    (2, 5, 8)
    """

    def __init__(self, units: int, neighbours: int = 3, **kwargs):
        super().__init__(**kwargs)
        if min(units, neighbours) < 1:
            raise ValueError(
                f"units and neighbours must be at least 1, got {units} and {neighbours}"
            )
        self.units = units
        self.neighbours = neighbours

    def build(self, input_shape):
        check_nodes(input_shape, self.neighbours)
        self.kernel = self.add_weight(
            name="kernel", shape=(2 * input_shape[-1], self.units), initializer="glorot_uniform"
        )
        # The layer's own precision: Keras hands parts the global policy.
        self.norm = tf.keras.layers.BatchNormalization(
            momentum=0.9, epsilon=1e-5, name="bn", dtype=getattr(self, "dtype_policy", None)
        )
        self.norm.build((input_shape[0], input_shape[1], self.neighbours, self.units))
        super().build(input_shape)

    def call(self, inputs, training=None):
        nearest = nearest_nodes(inputs, self.neighbours)
        of_difference, of_node = tf.split(
            tf.cast(tf.convert_to_tensor(self.kernel), inputs.dtype), 2
        )
        others = tf.matmul(inputs, of_difference)
        own = tf.matmul(inputs, of_node - of_difference)
        edges = tf.gather(others, nearest, batch_dims=1) + own[:, :, None]
        edges = tf.nn.leaky_relu(self.norm(edges, training=training), 0.2)
        return tf.reduce_max(edges, axis=2)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units, "neighbours": self.neighbours}


def check_nodes(shape, neighbours: int) -> None:
    """Raises `ValueError` unless the nodes are ``[B, M, C]`` with M at least ``neighbours``."""
    if len(shape) != 3 or None in shape[1:]:
        raise ValueError(f"nodes must be [B, M, C] with known M and C, got shape {tuple(shape)}")
    if neighbours > shape[1]:
        raise ValueError(f"{neighbours} neighbours are more than the {shape[1]} nodes there are")


def nearest_nodes(nodes: tf.Tensor, neighbours: int) -> tf.Tensor:
    """Indices of the nearest nodes of the same picture, each node itself first.

    Args:
        nodes: ``[B, M, C]``.
        neighbours: how many, at most M.

    Returns:
        int32 ``[B, M, neighbours]``.

    >>> nearest_nodes(tf.constant([[[0.0], [5.0], [1.0]]]), 2).numpy().tolist()
    [[[0, 2], [1, 2], [2, 0]]]
    """
    nodes = tf.cast(tf.stop_gradient(nodes), tf.float32)
    # Distances do not change when the nodes are centred, but the cancellation below shrinks.
    nodes -= tf.reduce_mean(nodes, axis=1, keepdims=True)
    norms = tf.reduce_sum(tf.square(nodes), axis=-1)
    scale = norms[:, :, None] + norms[:, None, :]
    distances = scale - 2 * tf.matmul(nodes, nodes, transpose_b=True)
    # Below this the difference is rounding noise: equal nodes, taken in their order.
    distances = tf.where(distances <= 1e-6 * scale, 0.0, distances)
    distances = tf.linalg.set_diag(distances, -tf.ones_like(norms))
    return tf.math.top_k(-distances, neighbours).indices
