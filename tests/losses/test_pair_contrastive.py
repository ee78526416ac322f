import numpy as np
import pytest

from tests.checks import check_loss
from tests.losses.pairs_of_a_batch import CODES, LABELS, check_several_labels
from tfretrieval.losses import PairContrastiveLoss


def by_pairs(codes, similar, margin=2.0):
    pulled, pushed = [], []
    for i, one in enumerate(codes):
        for j, other in enumerate(codes):
            d = np.linalg.norm(one - other)
            if i != j and similar[i, j]:
                pulled.append(d**2)
            elif i != j:
                pushed.append(max(margin - d, 0) ** 2)
    return (np.mean(pulled) + np.mean(pushed)) / 2


@pytest.mark.parametrize("margin", [1.0, 3.0])
def test_contract(margin):
    check_loss(PairContrastiveLoss(margin), LABELS, CODES)


def test_equals_the_loop_over_pairs_for_one_label_and_for_several():
    check_several_labels(PairContrastiveLoss(2.0), by_pairs)


def test_refuses_a_negative_margin():
    with pytest.raises(ValueError, match="margin must not be negative"):
        PairContrastiveLoss(-1.0)
