import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_loss, value_and_gradient
from tests.golden_files import assert_matches, golden
from tfretrieval.losses import TripletLoss

TRIPLETS = np.random.default_rng(1).standard_normal((6, 3, 4)).astype(np.float32)


@pytest.mark.parametrize(
    "loss, name",
    [
        (TripletLoss(0.5), "classic_m05"),
        (TripletLoss(1.0), "classic_m10"),
        (TripletLoss(1.0, squared=True), "classic_squared_m10"),
    ],
    ids=["margin-0.5", "margin-1", "squared"],
)
def test_matches_golden_value_and_gradient(loss, name):
    file = golden("adaptive_triplet")
    triplets = tf.constant(file["embeddings"])
    value, gradient = value_and_gradient(loss, np.zeros(len(triplets)), triplets)
    assert_matches(value, file[f"{name}_loss"])
    assert_matches(gradient, file[f"{name}_grad"])


@pytest.mark.parametrize("loss", [TripletLoss(1.0), TripletLoss(2.0, squared=True)])
def test_contract(loss):
    check_loss(loss, np.arange(6), TRIPLETS)


def test_refuses_a_negative_margin_and_pairs():
    with pytest.raises(ValueError, match="not be negative"):
        TripletLoss(-1.0)
    with pytest.raises(ValueError, match=r"\[B, 3, D\]"):
        TripletLoss()(np.zeros(2), np.zeros((2, 2, 4), np.float32))
