import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_loss
from tests.golden_files import assert_matches, golden
from tests.losses.pairs_of_a_batch import CODES, LABELS, check_several_labels, softplus
from tfretrieval.losses import HashNetLoss

DEEPHASH = golden("deephash_losses")


def by_pairs(codes, similar):
    products = 10 / codes.shape[1] * codes @ codes.T
    values = softplus(products) - similar * products
    return values[similar].mean() + values[~similar].mean()


@pytest.mark.parametrize("settings", [{}, {"alpha": 0.1}], ids=str)
def test_contract(settings):
    check_loss(HashNetLoss(**settings), LABELS, CODES)


def test_equals_the_formula_for_one_label_and_for_several():
    check_several_labels(HashNetLoss(), by_pairs)


@pytest.mark.parametrize("labels, name", [("y", "hashnet"), ("y_same", "hashnet_same")])
@pytest.mark.parametrize("at", [0, 1])
def test_matches_deephash_pytorch(labels, name, at):
    u = tf.constant(DEEPHASH["u"])
    with tf.GradientTape() as tape:
        tape.watch(u)
        codes = tf.tanh(tf.cast(DEEPHASH["hashnet_scale"][at], tf.float32) * u)
        value = HashNetLoss(alpha=0.1)(DEEPHASH[labels], codes)
    assert_matches(value, DEEPHASH[f"{name}_loss"][at])
    assert_matches(tape.gradient(value, u), DEEPHASH[f"{name}_grad_u"][at])


def test_large_products_do_not_overflow():
    codes = tf.constant([[1.0, 1.0], [-1.0, -1.0]])
    assert np.isfinite(float(HashNetLoss(alpha=1e4)([0, 1], codes)))


def test_refuses_an_alpha_that_is_not_positive():
    with pytest.raises(ValueError, match="alpha must be positive"):
        HashNetLoss(alpha=0.0)
