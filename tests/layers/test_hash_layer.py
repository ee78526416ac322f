import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_layer, mixed_precision
from tfretrieval.layers import HashLayer

X = np.random.default_rng(0).standard_normal((5, 7)).astype(np.float32)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_contract(activation):
    check_layer(lambda: HashLayer(6, activation), X)


def test_tuples_of_features_are_encoded_member_by_member():
    layer = HashLayer(4)
    triplets = np.stack([X, X[::-1]], axis=1)
    np.testing.assert_allclose(layer(triplets)[:, 1], layer(X[::-1]), rtol=1e-6)


def test_sigmoid_s_enters_as_2s_minus_1():
    layer = HashLayer(6, "sigmoid")
    out = layer(X).numpy()
    dense = X @ layer.get_weights()[0] + layer.get_weights()[1]
    np.testing.assert_allclose(out, 2 * tf.sigmoid(dense).numpy() - 1, atol=1e-6)


def test_codes_are_float32_under_mixed_precision():
    with mixed_precision():
        codes = HashLayer(3)(tf.cast(X, tf.float16))
    assert codes.dtype == tf.float32 and np.abs(codes).max() <= 1


@pytest.mark.parametrize(
    "bits, activation, message",
    [(0, "tanh", "at least 1"), (8, "relu", "one of")],
)
def test_refuses(bits, activation, message):
    with pytest.raises(ValueError, match=message):
        HashLayer(bits, activation)
