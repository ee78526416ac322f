import numpy as np
import pytest

from tests.checks import check_loss
from tests.losses.pairs_of_a_batch import CODES, HOT, LABELS
from tfretrieval.fitting import hash_centers
from tfretrieval.losses import CentralSimilarityLoss


def by_pictures(codes, targets, weight=1e-4):
    share, wanted = (1 + codes.astype(np.float64)) / 2, (1 + targets) / 2
    entropy = wanted * np.log(share) + (1 - wanted) * np.log(1 - share)
    return np.mean(-entropy + weight * np.log(np.cosh(np.abs(codes) - 1)))


@pytest.mark.parametrize("weight", [1e-4, 1.0])
def test_contract(weight):
    check_loss(CentralSimilarityLoss(4, 12, weight), LABELS, CODES)


def test_is_the_cross_entropy_of_the_bits_of_the_center():
    expected = by_pictures(CODES, hash_centers(4, 12)[LABELS])
    np.testing.assert_allclose(CentralSimilarityLoss(4, 12)(LABELS, CODES), expected, rtol=1e-5)


def test_several_classes_draw_to_the_majority_and_in_a_tie_to_the_first():
    centers = hash_centers(3, 12).astype(int)
    targets = np.array(
        [np.sign(2 * centers[hot > 0].sum(0) + centers[hot.argmax()]) for hot in HOT]
    )
    expected = by_pictures(CODES, targets)
    np.testing.assert_allclose(CentralSimilarityLoss(3, 12)(HOT, CODES), expected, rtol=1e-5)


def test_refuses_other_labels_and_codes():
    with pytest.raises(ValueError, match="codes must have 8 bits"):
        CentralSimilarityLoss(4, 8)(LABELS, CODES)
    with pytest.raises(ValueError, match=r"labels must be \[B, 4\]"):
        CentralSimilarityLoss(4, 12)(HOT, CODES)
    with pytest.raises(ValueError, match="weight must not be negative"):
        CentralSimilarityLoss(4, 12, weight=-1.0)
