import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_layer, mixed_precision
from tests.golden_files import assert_matches, golden
from tfretrieval.layers import SqueezeExcite

X = np.random.default_rng(0).standard_normal((3, 4, 5, 32)).astype(np.float32)
FILE = golden("se_dase")
PARTS = ("fc1_kernel", "fc1_bias", "fc2_kernel", "fc2_bias")


def test_matches_the_authors_code():
    layer = SqueezeExcite()
    layer.build(FILE["x"].shape)
    layer.set_weights([FILE[f"se_{part}"] for part in PARTS])
    assert_matches(layer.gate(FILE["x"]), FILE["se_gate"])
    assert_matches(layer(FILE["x"]), FILE["se_out"])


@pytest.mark.parametrize("options", [{}, {"activation": "relu", "reduction": 8}])
def test_contract(options):
    check_layer(lambda: SqueezeExcite(**options), X)


def test_the_activation_is_that_of_the_hidden_units():
    layer = SqueezeExcite(activation="relu")
    layer.build(X.shape)
    w1, b1, w2, b2 = layer.get_weights()
    hidden = np.maximum(X.mean(axis=(1, 2)) @ w1 + b1, 0)
    np.testing.assert_allclose(layer.gate(X), 1 / (1 + np.exp(-(hidden @ w2 + b2))), rtol=1e-5)


def test_an_initial_gate_is_the_same_everywhere_and_learns():
    layer = SqueezeExcite(initial_gate=0.98)
    np.testing.assert_allclose(layer(X), 0.98 * X, rtol=1e-5)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(X) ** 2)
    gradient = tape.gradient(loss, layer.trainable_variables)
    assert np.abs(gradient[2]).max() > 0 and np.abs(gradient[3]).min() > 0


def test_under_a_ceiling_of_two_everything_passes_and_the_slope_is_the_steepest():
    slopes = []
    for settings in ({"initial_gate": 1.0, "ceiling": 2.0}, {"initial_gate": 0.99}):
        layer = SqueezeExcite(**settings)
        with tf.GradientTape() as tape:
            out = layer(X)
            loss = tf.reduce_sum(out)
        if settings["initial_gate"] == 1:
            np.testing.assert_allclose(out, X, rtol=1e-6)
        slopes.append(np.abs(tape.gradient(loss, layer.trainable_variables)[3]).mean())
    np.testing.assert_allclose(slopes[0] / slopes[1], 0.5 / (0.99 * 0.01), rtol=1e-3)


def test_fewer_channels_than_the_reduction_leave_one_hidden_unit():
    layer = SqueezeExcite(reduction=16)
    layer.build((None, 2, 2, 5))
    assert [w.shape for w in layer.get_weights()] == [(5, 1), (1,), (1, 5), (5,)]


def test_large_maps_do_not_overflow_in_half_precision():
    with mixed_precision():
        out = SqueezeExcite(initial_gate=0.5)(np.full((1, 64, 64, 2), 60.0, np.float16))
    assert out.dtype == tf.float16
    np.testing.assert_allclose(out, np.full((1, 64, 64, 2), 30.0))


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"reduction": 0}, "at least 1"),
        ({"initial_gate": 1.0}, "between 0 and 1"),
        ({"initial_gate": 0}, "between 0 and 1"),
        ({"initial_gate": 2.0, "ceiling": 2.0}, "between 0 and 2"),
        ({"ceiling": 0.0}, "positive"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        SqueezeExcite(**arguments)


def test_refuses_features_in_place_of_maps():
    with pytest.raises(ValueError, match=r"maps must be \[B, H, W, C\]"):
        SqueezeExcite()(X[:, 0, 0])
