import numpy as np
import pytest

from tests.checks import check_loss
from tests.losses.pairs_of_a_batch import CODES, LABELS, check_several_labels, cosines
from tfretrieval.losses import SupervisedContrastiveLoss


def by_anchors(codes, similar, temperature=0.1):
    of_anchors = []
    for i, row in enumerate(cosines(codes) / temperature):
        other = np.arange(len(row)) != i
        positive = similar[i] & other
        if positive.any():
            of_anchors.append(np.log(np.exp(row[other]).sum()) - row[positive].mean())
    return np.mean(of_anchors)


@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_contract(temperature):
    check_loss(SupervisedContrastiveLoss(temperature), LABELS, CODES)


def test_equals_the_loop_over_anchors_for_one_label_and_for_several():
    check_several_labels(SupervisedContrastiveLoss(), by_anchors)


def test_refuses_a_temperature_that_is_not_positive():
    with pytest.raises(ValueError, match="temperature must be positive"):
        SupervisedContrastiveLoss(0.0)
