import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_loss, value_and_gradient
from tests.golden_files import assert_matches, golden
from tests.losses.pairs_of_a_batch import CODES, LABELS, check_several_labels, softplus
from tfretrieval.losses import DTSHLoss

DEEPHASH = golden("deephash_losses")


def by_triplets(codes, similar, margin=6, scale=0.5):
    products, of_anchors = scale * codes @ codes.T, []
    for i, alike in enumerate(similar):
        if not alike.all():
            gaps = products[i][alike][:, None] - products[i][~alike][None]
            of_anchors.append(softplus(margin - gaps).mean())
    return np.mean(of_anchors) + np.mean((np.abs(codes) - 1) ** 2)


@pytest.mark.parametrize("settings", [{}, {"margin": 5.0, "scale": 1.0}], ids=str)
def test_contract(settings):
    check_loss(DTSHLoss(**settings), LABELS, CODES)


def test_equals_the_loop_over_triplets_for_one_label_and_for_several():
    check_several_labels(DTSHLoss(), by_triplets)


@pytest.mark.parametrize("labels, name", [("y", "dtsh"), ("y_same", "dtsh_same")])
def test_matches_deephash_pytorch(labels, name):
    loss, u = DTSHLoss(margin=5.0, scale=1.0), tf.constant(DEEPHASH["u"])
    value, gradient = value_and_gradient(loss, DEEPHASH[labels], u)
    assert_matches(value, DEEPHASH[f"{name}_loss"])
    assert_matches(gradient, DEEPHASH[f"{name}_grad_u"])


def test_refuses_negative_arguments():
    with pytest.raises(ValueError, match="scale must not be negative"):
        DTSHLoss(scale=-1.0)
