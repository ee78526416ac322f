import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_layer, mixed_precision
from tests.golden_files import golden
from tfretrieval.layers import BilinearAttentionPooling, PartNodes
from tfretrieval.layers._parts import enlarged

FILE = golden("gdfnet")
X = np.random.default_rng(0).uniform(0.2, 2, (3, 4, 4, 9)).astype(np.float32)


@tf.keras.utils.register_keras_serializable(package="tests")
class PoolingOfOneMap(BilinearAttentionPooling):
    """The layer as one of a map alone, which is what the checker knows: the last three channels,
    of every other cell, are the attention."""

    def build(self, input_shape):
        super().build([(*input_shape[:3], 6), (input_shape[0], 2, 2, 3)])

    def call(self, inputs):
        return super().call([inputs[..., :6], inputs[:, ::2, ::2, 6:]])

    def compute_output_shape(self, input_shape):
        return super().compute_output_shape([(*input_shape[:3], 6), (input_shape[0], 2, 2, 3)])


@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_contract(pooling):
    check_layer(lambda: PoolingOfOneMap(pooling), X)


@pytest.mark.parametrize(
    "pooling, attention, name",
    [
        ("mean", "attentions", "bap"),
        ("max", "attentions", "bap_max"),
        ("mean", "attentions_small", "bap_small"),
    ],
)
def test_matches_the_authors_code(pooling, attention, name):
    out = BilinearAttentionPooling(pooling)([FILE["features"], FILE[attention]])
    np.testing.assert_allclose(out, FILE[name], atol=1e-6, rtol=0)


def test_small_maps_are_enlarged_corner_upon_corner():
    maps = enlarged(tf.constant(FILE["attentions_small"]), (6, 6))
    np.testing.assert_allclose(maps, FILE["attentions_small_resized"], atol=1e-6)
    corners = np.ix_(range(2), [0, -1], [0, -1])
    np.testing.assert_allclose(maps.numpy()[corners], FILE["attentions_small"][corners], rtol=1e-6)


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (6, 1), (2, 6)])
def test_any_size_is_reached_as_by_numpy(size):
    start = np.random.default_rng(0).standard_normal((2, 4, 3, 2)).astype(np.float32)
    expected = start
    for axis, wanted in ((1, size[0]), (2, size[1])):
        at = np.linspace(0, start.shape[axis] - 1, wanted) if wanted > 1 else [0.0]
        expected = np.apply_along_axis(
            lambda row, at=at: np.interp(at, range(len(row)), row), axis, expected
        )
    np.testing.assert_allclose(enlarged(tf.constant(start), size), expected, atol=1e-5)


def test_the_maximum_is_that_of_the_nodes():
    features, attention = FILE["features"], FILE["attentions"]
    nodes = PartNodes()([features, attention]).numpy().reshape(2, -1)
    rooted = np.sign(nodes) * np.sqrt(np.abs(nodes))
    rooted /= np.linalg.norm(rooted, axis=1, keepdims=True)
    pooled = BilinearAttentionPooling("max")([features, attention])
    np.testing.assert_allclose(pooled, rooted, atol=1e-6)


@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_dead_attention_is_finite(pooling):
    features = tf.constant(FILE["features"])
    attention = tf.zeros([2, 6, 6, 7])
    with tf.GradientTape() as tape:
        tape.watch([features, attention])
        out = BilinearAttentionPooling(pooling)([features, attention])
        total = tf.reduce_sum(out * tf.range(112.0))
    assert not out.numpy().any()
    for gradient in tape.gradient(total, [features, attention]):
        assert np.isfinite(gradient).all()


def test_half_precision_sums_more_cells_than_it_can_count():
    features = np.full((1, 80, 80, 2), 20, np.float32)
    attention = np.full((1, 40, 40, 2), 30, np.float32)
    with mixed_precision():
        out = BilinearAttentionPooling()([features, attention])
    assert out.dtype == tf.float16
    np.testing.assert_allclose(out, np.full((1, 4), 0.5), atol=1e-3)


def test_maps_of_any_size_that_agree():
    inputs = [tf.keras.Input((None, None, 16)), tf.keras.Input((None, None, 7))]
    model = tf.keras.Model(inputs, BilinearAttentionPooling()(inputs))
    out = model.predict([FILE["features"], FILE["attentions"]], verbose=0)
    np.testing.assert_allclose(out, FILE["bap"], atol=1e-6)


def test_refuses():
    with pytest.raises(ValueError, match="pooling must be one of"):
        BilinearAttentionPooling("sum")
    layer = BilinearAttentionPooling()
    with pytest.raises(ValueError, match=r"\[B, h, w, M\]"):
        layer([X, X[:, 0]])
    with pytest.raises(ValueError, match="number of attention maps"):
        BilinearAttentionPooling().build([(None, 4, 4, 3), (None, 4, 4, None)])
    with pytest.raises(ValueError, match="both sizes must be known"):
        enlarged(tf.keras.Input((None, 4, 3)), (4, 4))
