import numpy as np
import pytest
import tensorflow as tf
from sklearn.metrics.pairwise import cosine_similarity

from tests.checks import check_layer
from tfretrieval.layers import CosineToCenters

X = np.random.default_rng(0).standard_normal((7, 5)).astype(np.float32)


def test_contract():
    check_layer(lambda: CosineToCenters(4), X)


def test_equals_scikit_learn():
    layer = CosineToCenters(4)
    found = layer(X)
    np.testing.assert_allclose(found, cosine_similarity(X, layer.get_weights()[0]), atol=1e-6)


def test_a_zero_feature_has_cosine_zero_and_a_finite_gradient():
    layer, x = CosineToCenters(4), tf.zeros([2, 5])
    with tf.GradientTape() as tape:
        tape.watch(x)
        found = layer(x)
    assert not found.numpy().any() and np.isfinite(tape.gradient(found, x)).all()


def test_no_class_and_maps_are_refused():
    with pytest.raises(ValueError, match="at least 1"):
        CosineToCenters(0)
    with pytest.raises(ValueError, match=r"\[B, D\]"):
        CosineToCenters(2)(tf.zeros([2, 3, 4]))
