import numpy as np
import pytest

from tests.checks import check_loss
from tests.losses.pairs_of_a_batch import CODES, LABELS, check_several_labels, cosines
from tfretrieval.losses import MultiSimilarityLoss


def by_anchors(codes, similar, alpha=2.0, beta=50.0, base=0.5, epsilon=0.1):
    total = 0.0
    for i, row in enumerate(cosines(codes)):
        positive, negative = similar[i] & (np.arange(len(row)) != i), ~similar[i]
        if positive.any() and negative.any():
            far = positive & (row < row[negative].max() + epsilon)
            near = negative & (row > row[positive].min() - epsilon)
            total += np.log1p(np.exp(-alpha * (row[far] - base)).sum()) / alpha
            total += np.log1p(np.exp(beta * (row[near] - base)).sum()) / beta
    return total / len(codes)


@pytest.mark.parametrize("settings", [{}, {"alpha": 5.0, "beta": 4.0, "base": 0.1}], ids=str)
def test_contract(settings):
    check_loss(MultiSimilarityLoss(**settings), LABELS, CODES)


def test_equals_the_loop_over_anchors_for_one_label_and_for_several():
    check_several_labels(MultiSimilarityLoss(), by_anchors)


def test_refuses_arguments():
    with pytest.raises(ValueError, match="alpha and beta must be positive"):
        MultiSimilarityLoss(alpha=0.0)
    with pytest.raises(ValueError, match="epsilon must not be negative"):
        MultiSimilarityLoss(epsilon=-0.1)
