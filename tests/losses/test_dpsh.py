import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_loss, value_and_gradient
from tests.golden_files import assert_matches, golden
from tests.losses.pairs_of_a_batch import CODES, LABELS, check_several_labels, softplus
from tfretrieval.losses import DPSHLoss

DEEPHASH = golden("deephash_losses")


def by_pairs(codes, similar):
    products = codes @ codes.T / 2
    likelihood = np.mean(softplus(products) - similar * products)
    return likelihood + 0.1 * np.mean((codes - np.sign(codes)) ** 2)


def test_contract():
    check_loss(DPSHLoss(), LABELS, CODES)


def test_equals_the_formula_for_one_label_and_for_several():
    check_several_labels(DPSHLoss(), by_pairs)


@pytest.mark.parametrize("labels, name", [("y", "dpsh"), ("y_same", "dpsh_same")])
def test_matches_deephash_pytorch(labels, name):
    u = tf.constant(DEEPHASH["u"])
    value, gradient = value_and_gradient(DPSHLoss(), DEEPHASH[labels], u)
    assert_matches(value, DEEPHASH[f"{name}_loss"])
    assert_matches(gradient, DEEPHASH[f"{name}_grad_u_through_bank"])


def test_refuses_a_negative_weight():
    with pytest.raises(ValueError, match="quantization must not be negative"):
        DPSHLoss(quantization=-1.0)
