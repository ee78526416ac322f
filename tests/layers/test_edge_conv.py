import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_layer, mixed_precision
from tests.golden_files import assert_matches, golden
from tfretrieval.layers import EdgeConv
from tfretrieval.layers.edge_conv import nearest_nodes

FILE = golden("gdfnet")
X = np.random.default_rng(0).standard_normal((3, 6, 5)).astype(np.float32)


def with_golden_weights(number):
    layer = EdgeConv(16, neighbours=3)
    layer.build((None, 7, 16))
    norm = [FILE[f"bn{number}_{name}"] for name in ("gamma", "beta", "mean", "var")]
    layer.set_weights([FILE[f"edge{number}_kernel"], *norm])
    return layer


def by_edges(nodes, kernel, neighbours):
    """The layer before its normalisation has learned anything, by loops over edges."""
    out = np.zeros((*nodes.shape[:2], kernel.shape[1]))
    for picture, f in zip(out, nodes.astype(np.float64), strict=True):
        for i, node in enumerate(f):
            nearest = np.argsort([np.square(node - other).sum() for other in f])[:neighbours]
            edges = np.array([np.concatenate([f[j] - node, node]) @ kernel for j in nearest])
            edges /= np.sqrt(1 + 1e-5)
            picture[i] = np.where(edges > 0, edges, 0.2 * edges).max(axis=0)
    return out


# Far apart, so that no small step changes the graph, which is a constant for the gradient.
def test_contract():
    check_layer(lambda: EdgeConv(4, neighbours=2), X)


@pytest.mark.parametrize("number", [1, 2])
def test_matches_the_authors_code(number):
    nodes = FILE["nodes"] if number == 1 else FILE["edge1_out"]
    out = with_golden_weights(number)(nodes.astype(np.float32))
    assert_matches(out, FILE[f"edge{number}_out"])
    nearest = nearest_nodes(tf.constant(nodes, tf.float32), 3)
    np.testing.assert_array_equal(np.sort(nearest), FILE[f"knn{number}"])


@pytest.mark.parametrize("neighbours", [1, 4, 6])
def test_equals_the_loop_over_edges(neighbours):
    layer = EdgeConv(4, neighbours)
    out = layer(X)
    np.testing.assert_allclose(
        out, by_edges(X, layer.get_weights()[0], neighbours), rtol=1e-4, atol=1e-5
    )


def test_every_node_is_its_own_first_neighbour_also_among_equal_ones():
    nodes = np.repeat(X[:, :2], 3, axis=1) * 1e3
    for batch in (X, nodes, np.zeros_like(X)):
        nearest = nearest_nodes(tf.constant(batch), 3).numpy()
        assert (nearest[..., 0] == np.arange(6)).all()
        assert all(len(set(row)) == 3 for row in nearest.reshape(-1, 3))
    # Of nodes equally far the first ones.
    assert nearest_nodes(tf.zeros([1, 4, 2]), 2).numpy().tolist() == [
        [[0, 1], [1, 0], [2, 0], [3, 0]]
    ]
    assert sorted(nearest_nodes(tf.constant(nodes), 3)[0, 4].numpy()) == [3, 4, 5]


def test_neighbours_far_from_the_origin_are_told_apart():
    near = X[:1] * 1e-2 + np.float32(50)
    np.testing.assert_array_equal(
        nearest_nodes(tf.constant(near), 3), nearest_nodes(tf.constant(near - 50), 3)
    )


def test_distances_are_taken_in_float32_under_mixed_precision():
    # Squares of 300 leave float16.
    nodes = (300 * X).astype(np.float16).astype(np.float32)
    expected = nearest_nodes(tf.constant(nodes), 3)
    np.testing.assert_array_equal(nearest_nodes(tf.constant(nodes, tf.float16), 3), expected)
    with mixed_precision():
        out = EdgeConv(4)(X)
    assert out.dtype == tf.float16


def test_training_normalises_over_all_edges():
    layer = EdgeConv(4, neighbours=2)
    layer(X, training=True)
    _, _, _, mean, _ = layer.get_weights()
    kernel = layer.get_weights()[0]
    nearest = nearest_nodes(tf.constant(X), 2).numpy()
    edges = np.stack(
        [
            np.concatenate([X[b, j] - X[b, i], X[b, i]]) @ kernel
            for b in range(3)
            for i in range(6)
            for j in nearest[b, i]
        ]
    )
    np.testing.assert_allclose(mean, 0.1 * edges.mean(axis=0), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("wrong", [{"units": 0}, {"units": 4, "neighbours": 0}])
def test_refuses_widths_below_one(wrong):
    with pytest.raises(ValueError, match="at least 1"):
        EdgeConv(**wrong)


def test_refuses_more_neighbours_than_nodes_and_maps():
    with pytest.raises(ValueError, match="7 neighbours are more than the 6 nodes"):
        EdgeConv(4, neighbours=7)(X)
    with pytest.raises(ValueError, match=r"nodes must be \[B, M, C\]"):
        EdgeConv(4)(X[None])
