import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_layer
from tests.golden_files import assert_matches, golden
from tfretrieval.layers import GeM

X = np.random.default_rng(0).uniform(0.1, 3, (3, 4, 5, 6)).astype(np.float32)
FILE = golden("cirtorch_pooling")


def test_contract():
    check_layer(GeM, X)


@pytest.mark.parametrize("which", range(4), ids=["wide", "tall", "square", "tiny"])
@pytest.mark.parametrize("p, name", [(3.0, "gem_p3"), (2.5, "gem_p25")])
def test_matches_the_authors_code(which, p, name):
    assert_matches(GeM(p)(FILE[f"x{which}"]), FILE[f"{name}_{which}"])


@pytest.mark.parametrize("which", range(4), ids=["wide", "tall", "square", "tiny"])
def test_gradients_match_the_authors_code(which):
    layer, x = GeM(rate=1.0), tf.constant(FILE[f"x{which}"])
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(layer(x))
    by_x, by_p = tape.gradient(total, [x, layer.trainable_variables[0]])
    assert_matches(by_x, FILE[f"gem_p3_grad_x_{which}"])
    assert_matches(by_p, FILE[f"gem_p3_grad_p_{which}"])


def test_unit_length_matches_the_authors_code():
    descriptor = tf.keras.layers.UnitNormalization()(GeM()(FILE["x0"]))
    assert_matches(descriptor, FILE["gem_p3_l2n_0"])


def test_lies_between_mean_and_maximum():
    mean, low, high, largest = X.mean((1, 2)), GeM(1.0)(X), GeM(80.0)(X), X.max((1, 2))
    np.testing.assert_allclose(low, mean, rtol=1e-5)
    assert np.all(high < largest) and np.all(high > 0.9 * largest)


def test_large_maps_and_exponents_stay_finite():
    assert np.isfinite(GeM(60.0)(X * 1e4)).all()
    assert np.isfinite(GeM()(np.zeros((1, 2, 2, 3), np.float32))).all()


def test_adam_moves_the_exponent_by_rate_times_the_learning_rate():
    layer = GeM(rate=10.0)
    model = tf.keras.Sequential([tf.keras.Input((4, 5, 6)), layer])
    model.compile(tf.keras.optimizers.Adam(1e-3), "mse", jit_compile=False)
    model.fit(X, 2 * X.max((1, 2)), verbose=0)
    assert layer.p == pytest.approx(3.01, abs=1e-4)


@pytest.mark.parametrize("wrong", [{"p": 0}, {"epsilon": -1}, {"rate": 0}])
def test_refuses_arguments_that_are_not_positive(wrong):
    with pytest.raises(ValueError, match="must be positive"):
        GeM(**wrong)


def test_refuses_vectors():
    with pytest.raises(ValueError, match=r"\[B, H, W, C\]"):
        GeM()(X[:, 0, 0])
