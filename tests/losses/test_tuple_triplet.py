import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_loss, value_and_gradient
from tests.golden_files import assert_matches, golden
from tfretrieval.losses import TripletLoss, TupleTripletLoss

TUPLES = np.random.default_rng(1).standard_normal((6, 5, 4)).astype(np.float32)
FILE = golden("cirtorch_losses")


@pytest.mark.parametrize("which", [0, 1], ids=["margin-0.1", "margin-0.3"])
def test_matches_the_authors_code(which):
    loss = TupleTripletLoss(float(FILE["triplet_margin"][which]), reduction="sum")
    value, gradient = value_and_gradient(loss, np.zeros(3), tf.constant(FILE["x"]))
    assert_matches(value, FILE["triplet_loss"][which])
    assert_matches(gradient, FILE["triplet_grad_x"][which])


def test_one_negative_is_a_triplet():
    triplets = tf.constant(TUPLES[:, :3])
    own, classic = TupleTripletLoss(1.0), TripletLoss(1.0, squared=True)
    values = [loss(np.zeros(6), triplets) for loss in (own, classic)]
    np.testing.assert_allclose(*values, rtol=1e-6)


def test_contract():
    check_loss(TupleTripletLoss(9.0), np.arange(6), TUPLES)


def test_refuses_a_negative_margin_and_tuples_without_negatives():
    with pytest.raises(ValueError, match="not be negative"):
        TupleTripletLoss(-1.0)
    with pytest.raises(ValueError, match="one negative or more"):
        TupleTripletLoss()(np.zeros(6), TUPLES[:, :2])
