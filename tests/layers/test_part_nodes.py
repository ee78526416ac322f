import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_layer
from tests.golden_files import assert_matches, golden
from tfretrieval.layers import PartNodes
from tfretrieval.layers._parts import part_maxima

FILE = golden("gdfnet")
# Cells far enough apart that no small step changes which is the largest.
X = (
    np.random.default_rng(0)
    .permuted(np.linspace(0.2, 40, 3 * 4 * 5 * 9).astype(np.float32))
    .reshape(3, 4, 5, 9)
)


@tf.keras.utils.register_keras_serializable(package="tests")
class NodesOfOneMap(PartNodes):
    """The layer as one of a map alone, which is what the checker knows."""

    def build(self, input_shape):
        super().build([(*input_shape[:3], 6), (*input_shape[:3], 3)])

    def call(self, inputs):
        return super().call([inputs[..., :6] / 40, inputs[..., 6:] / 40])

    def compute_output_shape(self, input_shape):
        return super().compute_output_shape([(*input_shape[:3], 6), (*input_shape[:3], 3)])


def test_contract():
    check_layer(NodesOfOneMap, X)


def test_matches_the_authors_code():
    assert_matches(PartNodes()([FILE["features"], FILE["attentions"]]), FILE["nodes"])


def test_value_and_gradient_are_those_of_the_large_product():
    features, attention = (tf.constant(FILE[name]) for name in ("features", "attentions"))
    weights = tf.random.stateless_normal([2, 7, 16], [0, 0])
    results = []
    for maxima in (
        lambda f, a: tf.reduce_max(f[..., None, :] * a[..., None], axis=(1, 2)),
        lambda f, a: PartNodes()([f, a]),
    ):
        with tf.GradientTape() as tape:
            tape.watch([features, attention])
            total = tf.reduce_sum(weights * maxima(features, attention))
        results.append([total, *tape.gradient(total, [features, attention])])
    for expected, actual in zip(*results, strict=True):
        assert_matches(actual, expected)


def test_of_equal_cells_the_first_has_the_gradient():
    features, attention = tf.ones([1, 1, 3, 1]), tf.constant([[[[1.0], [2.0], [2.0]]]])
    with tf.GradientTape() as tape:
        tape.watch(attention)
        nodes = PartNodes()([features, attention])
    assert tape.gradient(nodes, attention).numpy().ravel().tolist() == [0, 1, 0]


def test_no_tensor_holds_all_parts_of_all_cells():
    @tf.function
    def gradient(features, attention):
        with tf.GradientTape() as tape:
            tape.watch([features, attention])
            total = tf.reduce_sum(part_maxima(features, attention))
        return tape.gradient(total, [features, attention])

    sizes = [tf.TensorSpec([4, 50, 20]), tf.TensorSpec([4, 50, 30])]
    graph = gradient.get_concrete_function(*sizes).graph
    tensors = [tensor for op in graph.get_operations() for tensor in op.outputs]
    known = [t.shape.num_elements() for t in tensors if t.shape.is_fully_defined()]
    assert max(known) < 4 * 50 * 20 * 30


def test_refuses_vectors():
    with pytest.raises(ValueError, match=r"\[features \[B, H, W, C\]"):
        PartNodes()([X[:, 0, 0], X])
