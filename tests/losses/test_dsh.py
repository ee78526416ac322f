import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_loss, value_and_gradient
from tests.golden_files import assert_matches, golden
from tests.losses.pairs_of_a_batch import CODES, LABELS, check_several_labels
from tfretrieval.losses import DSHLoss

DEEPHASH = golden("deephash_losses")


def by_pairs(codes, similar, margin=24, quantization=0.01):
    total = 0.0
    for i, one in enumerate(codes):
        for j, other in enumerate(codes):
            d = np.sum((one - other) ** 2)
            total += d / 2 if similar[i, j] else max(margin - d, 0) / 2
    return total / len(codes) ** 2 + quantization * np.mean(np.abs(np.abs(codes) - 1))


@pytest.mark.parametrize("settings", [{}, {"margin": 5.0, "quantization": 0.3}], ids=str)
def test_contract(settings):
    check_loss(DSHLoss(**settings), LABELS, CODES)


def test_equals_the_loop_over_pairs_for_one_label_and_for_several():
    check_several_labels(DSHLoss(), by_pairs)


@pytest.mark.parametrize("labels, name", [("y", "dsh"), ("y_same", "dsh_same")])
def test_matches_deephash_pytorch(labels, name):
    u = tf.constant(DEEPHASH["u"])
    value, gradient = value_and_gradient(DSHLoss(quantization=0.1), DEEPHASH[labels], u)
    assert_matches(value, DEEPHASH[f"{name}_loss"])
    assert_matches(gradient, DEEPHASH[f"{name}_grad_u_through_bank"])


def test_refuses_negative_arguments():
    with pytest.raises(ValueError, match="margin must not be negative"):
        DSHLoss(margin=-1.0)
    with pytest.raises(ValueError, match="quantization must not be negative"):
        DSHLoss(quantization=-1.0)
