import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_loss
from tfretrieval.losses import BitBalanceLoss, CauchyCrossEntropyLoss, CauchyQuantizationLoss, Sum

CODES = np.random.default_rng(0).uniform(-1, 1, (6, 12)).astype(np.float32)
LABELS = np.array([0, 1, 0, 2, 1, 0])
TERMS = [CauchyQuantizationLoss(), BitBalanceLoss(), CauchyCrossEntropyLoss(2.0)]


@pytest.mark.parametrize("weights", [[0.1, 2.0, 0.5], None])
def test_contract(weights):
    check_loss(Sum(TERMS, weights), LABELS, CODES)


def test_is_the_weighted_sum():
    loss = Sum(TERMS, [0.1, 2, 0.5])
    expected = sum(
        w * float(term(LABELS, CODES)) for w, term in zip([0.1, 2, 0.5], TERMS, strict=True)
    )
    np.testing.assert_allclose(loss(LABELS, CODES), expected, rtol=1e-5)


def test_examples_keep_their_weights_and_terms_lose_their_reduction():
    loss = Sum([CauchyQuantizationLoss(reduction="sum")], [2.0])
    weights = np.arange(6.0)
    each = CauchyQuantizationLoss().call(None, CODES).numpy()
    actual = loss(LABELS, CODES, sample_weight=weights)
    np.testing.assert_allclose(actual, 2 * (weights * each).mean(), rtol=1e-5)


def test_a_term_of_weight_zero_is_not_there():
    class Raises(tf.keras.losses.Loss):
        def call(self, y_true, y_pred):
            raise AssertionError

    assert float(Sum([Raises(), BitBalanceLoss()], [0.0, 1.0])(LABELS, CODES)) == float(
        BitBalanceLoss()(LABELS, CODES)
    )
    assert float(Sum([Raises()], [0.0])(LABELS, CODES)) == 0


def test_terms_of_keras():
    loss = Sum([tf.keras.losses.MeanSquaredError()], [3.0])
    again = Sum.from_config(loss.get_config())
    for one in (loss, again):
        np.testing.assert_allclose(one(CODES, CODES + 2), 12, rtol=1e-5)


@pytest.mark.parametrize(
    "losses, weights",
    [([], None), (TERMS, [1.0]), (TERMS, [1.0, -1.0, 1.0]), (TERMS, [1.0, np.nan, 1.0])],
)
def test_refuses(losses, weights):
    with pytest.raises(ValueError, match="weight"):
        Sum(losses, weights)
