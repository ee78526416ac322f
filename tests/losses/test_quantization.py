import numpy as np
import pytest

from tests.checks import check_loss
from tests.losses.pairs_of_a_batch import CODES, LABELS
from tfretrieval.losses import QuantizationLoss


@pytest.mark.parametrize("power", [1.0, 2.0, 3.0])
def test_contract(power):
    check_loss(QuantizationLoss(power), LABELS, CODES)


@pytest.mark.parametrize("power", [1.0, 3.0])
def test_is_the_distance_to_the_sign(power):
    expected = np.mean(np.abs(CODES - np.sign(CODES)) ** power)
    np.testing.assert_allclose(QuantizationLoss(power)(LABELS, CODES), expected, rtol=1e-5)


def test_refuses_a_power_below_one():
    with pytest.raises(ValueError, match="power must be at least 1"):
        QuantizationLoss(0.5)
