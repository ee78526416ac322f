import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_layer
from tests.golden_files import golden
from tfretrieval.layers import PartGraph

FILE = golden("gdfnet")
X = np.random.default_rng(0).standard_normal((3, 6, 5)).astype(np.float32)


def with_golden_weights():
    layer = PartGraph(neighbours=3)
    layer.build((None, 7, 16))
    names = ("gamma", "beta", "mean", "var")
    for number, edge in enumerate(layer.edges, 1):
        norm = [FILE[f"bn{number}_{name}"] for name in names]
        edge.set_weights([FILE[f"edge{number}_kernel"], *norm])
    return layer


def test_contract():
    check_layer(lambda: PartGraph(neighbours=2), X)


@pytest.mark.parametrize("mode", ["eager", "graph", "xla"])
def test_matches_the_authors_code(mode):
    layer = with_golden_weights()
    step = layer if mode == "eager" else tf.function(layer, jit_compile=mode == "xla")
    out = step(tf.constant(FILE["nodes"], tf.float32))
    np.testing.assert_allclose(out, FILE["gsrr"], atol=1e-6, rtol=0)


def test_channels_come_one_after_the_other_with_all_nodes_of_each():
    layer = PartGraph(neighbours=2)
    out = layer(X).numpy()
    first = layer.edges[0](X)
    both = np.concatenate([first, layer.edges[1](first)], axis=-1)
    rooted = np.sign(both) * np.sqrt(np.abs(both))
    rooted /= np.linalg.norm(rooted, axis=(1, 2), keepdims=True)
    for channel, node in [(0, 0), (0, 5), (3, 2), (9, 4)]:
        np.testing.assert_allclose(out[:, channel * 6 + node], rooted[:, node, channel], atol=1e-5)


def test_the_gradient_reaches_nodes_that_are_all_equal():
    layer, nodes = PartGraph(), tf.ones([2, 4, 3])
    with tf.GradientTape() as tape:
        tape.watch(nodes)
        total = tf.reduce_sum(layer(nodes, training=True))
    assert np.isfinite(tape.gradient(total, nodes)).all()


def test_refuses():
    with pytest.raises(ValueError, match="at least 1"):
        PartGraph(0)
    with pytest.raises(ValueError, match="7 neighbours are more than the 6 nodes"):
        PartGraph(7)(X)
    with pytest.raises(ValueError, match="known M and C"):
        PartGraph().build((None, None, 4))
