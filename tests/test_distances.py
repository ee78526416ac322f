import numpy as np
import pytest
import tensorflow as tf

from tfretrieval.distances import pairwise_distances, triplet_distances

X = np.random.default_rng(0).standard_normal((7, 5)).astype(np.float32)


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("offset", [0, 300], ids=["centred", "far-from-zero"])
def test_pairwise_equals_the_differences(squared, offset):
    x = X + np.float32(offset)
    expected = np.square(x[:, None] - x[None]).sum(-1)
    expected = expected if squared else np.sqrt(expected)
    np.testing.assert_allclose(pairwise_distances(x, squared), expected, atol=2e-4)


def test_equal_points_are_at_distance_zero_with_zero_gradient():
    x = tf.constant(np.repeat(X[:1], 4, axis=0))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        pairs = tf.reduce_sum(pairwise_distances(x))
        triplet = tf.add_n(triplet_distances(x[None, :3]))
    assert float(pairs) == 0 and float(triplet[0]) == 0
    assert not tape.gradient(pairs, x).numpy().any()
    assert not tape.gradient(triplet, x).numpy().any()
