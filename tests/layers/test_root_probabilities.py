import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_layer, mixed_precision
from tfretrieval.layers import RootProbabilities

Z = np.random.default_rng(0).standard_normal((4, 6)).astype(np.float32) * 3


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_contract(temperature):
    check_layer(lambda: RootProbabilities(temperature), Z)


def test_is_the_root_of_the_softmax_at_a_temperature():
    powers = np.exp(Z.astype(np.float64) / 0.7)
    expected = np.sqrt(powers / powers.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(RootProbabilities(0.7)(Z), expected, rtol=1e-5)


def test_added_logits_give_the_normalised_product_of_the_probabilities():
    first, second = (tf.nn.softmax(z).numpy() for z in (Z, Z[::-1]))
    product = first * second
    expected = np.sqrt(product / product.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(RootProbabilities()(Z + Z[::-1]), expected, rtol=1e-5)


def test_classes_that_are_nearly_impossible_keep_a_value_and_a_gradient():
    logits = tf.constant([[0.0, -60.0]])
    with mixed_precision(), tf.GradientTape() as tape:
        tape.watch(logits)
        roots = RootProbabilities()(logits)
    assert roots.dtype == tf.float32 and roots.numpy()[0, 1] > 0
    assert np.isfinite(tape.gradient(roots, logits)).all()


@pytest.mark.parametrize("temperature", [0, -1.0, float("nan")])
def test_refuses_a_temperature_that_is_not_positive(temperature):
    with pytest.raises(ValueError, match="positive"):
        RootProbabilities(temperature)
