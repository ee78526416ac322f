import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_loss, value_and_gradient
from tests.golden_files import assert_matches, golden
from tfretrieval.losses import AdaptiveTripletLoss

TRIPLETS = np.random.default_rng(1).standard_normal((6, 3, 4)).astype(np.float32)


def golden_case():
    file = golden("adaptive_triplet")
    return file, tf.constant(file["embeddings"])


def test_batch_margin_matches_golden_value_and_gradient():
    file, triplets = golden_case()
    loss = AdaptiveTripletLoss(margin="batch")
    value, gradient = value_and_gradient(loss, np.zeros(len(triplets)), triplets)
    assert_matches(value, file["adaptive_loss"])
    assert_matches(gradient, file["adaptive_grad"])


def test_given_margin_matches_golden_value_and_gradient():
    file, triplets = golden_case()
    margin1 = np.full(len(triplets), file["fixed_margin1"])
    value, gradient = value_and_gradient(AdaptiveTripletLoss(), margin1, triplets)
    assert_matches(value, file["adaptive_fixed_loss"])
    assert_matches(gradient, file["adaptive_fixed_grad"])


def test_margin1_is_a_constant_for_the_gradient():
    file, triplets = golden_case()
    loss = AdaptiveTripletLoss(margin="batch")
    gradient = value_and_gradient(loss, np.zeros(len(triplets)), triplets)[1].numpy()
    wrong = file["adaptive_nostop_grad"]
    assert np.abs(gradient - wrong).max() > 0.1 * np.abs(wrong).max()


def test_an_average_triplet_costs_one_half():
    same_gap = tf.constant(np.repeat(TRIPLETS[:1], 4, axis=0))
    np.testing.assert_allclose(
        AdaptiveTripletLoss(margin="batch").call(np.zeros(4), same_gap), 0.5, rtol=1e-6
    )


def test_large_gaps_keep_their_precision():
    triplets = tf.constant([[[0.0], [0.0], [30.0]]])
    value, gradient = value_and_gradient(AdaptiveTripletLoss(), np.zeros(1), triplets)
    np.testing.assert_allclose(float(value), np.exp(-30.0), rtol=1e-3)
    assert np.abs(gradient.numpy()).max() > 0


@pytest.mark.parametrize("margin", ["given", "batch"])
@pytest.mark.parametrize("squared", [False, True])
def test_contract(margin, squared):
    # With the batch's own margin a central difference would also move margin1.
    smooth = margin == "given"
    margin1 = np.full(6, 0.25)
    check_loss(AdaptiveTripletLoss(margin, squared), margin1, TRIPLETS, central_difference=smooth)


def test_refuses_an_unknown_margin():
    with pytest.raises(ValueError, match="must be one of"):
        AdaptiveTripletLoss(margin="mined")
