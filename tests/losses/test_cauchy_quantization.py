import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_loss, value_and_gradient
from tests.golden_files import assert_matches, golden
from tfretrieval.losses import CauchyQuantizationLoss

DEEPHASH, GDF = golden("deephash_losses"), golden("gdfnet")
CODES = np.random.default_rng(0).uniform(-1, 1, (6, 12)).astype(np.float32)
NOTHING = np.zeros(6)


@pytest.mark.parametrize("max_cosine", [0.99, 1.0])
def test_contract(max_cosine):
    check_loss(CauchyQuantizationLoss(2.0, max_cosine), NOTHING, CODES)


@pytest.mark.parametrize(
    "file, codes, gradient, name, max_cosine",
    [
        (DEEPHASH, "u", "grad_u", "cauchy_q", 0.99),
        (DEEPHASH, "u", "grad_u", "cauchy_q_noclamp", 1.0),
        (GDF, "hash", "grad", "cauchy_q", 0.99),
    ],
    ids=["deephash", "deephash-no-clamp", "gdf-net"],
)
def test_matches_public_code(file, codes, gradient, name, max_cosine):
    loss, u = CauchyQuantizationLoss(max_cosine=max_cosine), tf.constant(file[codes])
    value, found = value_and_gradient(loss, np.zeros(len(u)), u)
    assert_matches(loss.call(None, u), file[f"{name}_per_sample"])
    assert_matches(value, file[f"{name}_mean"])
    assert_matches(found, file[f"{name}_{gradient}"])


def test_nearly_binary_codes_are_left_alone():
    nearly = tf.constant(DEEPHASH["u"][:1])
    assert DEEPHASH["cauchy_abs_cos"][0] > 0.99
    assert not value_and_gradient(CauchyQuantizationLoss(), [0], nearly)[1].numpy().any()
    assert value_and_gradient(CauchyQuantizationLoss(max_cosine=1.0), [0], nearly)[1].numpy().any()


def test_the_size_of_a_code_does_not_count_and_none_is_finite():
    values = [CauchyQuantizationLoss().call(None, scale * CODES) for scale in (1, 1e-3)]
    np.testing.assert_allclose(*values, rtol=1e-4)
    value, gradient = value_and_gradient(CauchyQuantizationLoss(), NOTHING, tf.zeros([6, 12]))
    np.testing.assert_allclose(value, np.log(1 + 6 / 20), rtol=1e-5)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"gamma": 0.0}, "gamma must be positive"),
        ({"max_cosine": 0.0}, "max_cosine must be in"),
        ({"max_cosine": 1.1}, "max_cosine must be in"),
    ],
)
def test_refuses_arguments(wrong, message):
    with pytest.raises(ValueError, match=message):
        CauchyQuantizationLoss(**wrong)


def test_refuses_other_ranks():
    with pytest.raises(ValueError, match=r"codes must be \[B, bits\]"):
        CauchyQuantizationLoss()(NOTHING, CODES[None])
