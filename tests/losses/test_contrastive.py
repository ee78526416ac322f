import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_loss, value_and_gradient
from tests.golden_files import assert_matches, golden
from tfretrieval.losses import ContrastiveLoss

TUPLES = np.random.default_rng(1).standard_normal((6, 5, 4)).astype(np.float32)
FILE = golden("cirtorch_losses")


@pytest.mark.parametrize("which", [0, 1], ids=["margin-0.7", "margin-0.85"])
def test_matches_the_authors_code(which):
    loss = ContrastiveLoss(float(FILE["contrastive_margin"][which]), reduction="sum")
    value, gradient = value_and_gradient(loss, np.zeros(3), tf.constant(FILE["x"]))
    assert_matches(value, FILE["contrastive_loss"][which])
    assert_matches(gradient, FILE["contrastive_grad_x"][which])


def test_contract():
    check_loss(ContrastiveLoss(3.0), np.arange(6), TUPLES)


def test_refuses_a_negative_margin_and_tuples_without_negatives():
    with pytest.raises(ValueError, match="not be negative"):
        ContrastiveLoss(-1.0)
    with pytest.raises(ValueError, match="one negative or more"):
        ContrastiveLoss()(np.zeros(6), TUPLES[:, :2])
