import numpy as np
import tensorflow as tf

from tests.checks import check_layer
from tfretrieval.layers import StraightThroughSign

X = np.random.default_rng(0).standard_normal((4, 6)).astype(np.float32)


def test_contract():
    check_layer(StraightThroughSign, X, central_difference=False)


def test_signs_forward_and_lets_the_gradient_through():
    x, upstream = tf.constant(X), tf.constant(X[::-1].copy())
    with tf.GradientTape() as tape:
        tape.watch(x)
        signs = StraightThroughSign()(x)
    np.testing.assert_array_equal(signs, np.where(X >= 0, 1, -1))
    np.testing.assert_array_equal(tape.gradient(signs, x, upstream), upstream)


def test_a_diverged_code_shows():
    assert np.isnan(StraightThroughSign()(tf.constant([float("nan")])).numpy()).all()
