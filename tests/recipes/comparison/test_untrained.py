import numpy as np
import pytest

from recipes.comparison.methods import ITQ, LSH, PREDICTED
from recipes.comparison.untrained import codes_of
from tests.recipes.comparison.tiny import FEATURES, FIT, LABELS

LOGITS = np.eye(3, dtype=np.float32)[LABELS]


@pytest.mark.parametrize("method", [LSH, ITQ, PREDICTED])
def test_codes_are_the_same_of_a_seed(method):
    one, two, other = (codes_of(method, 6, FEATURES, FIT, LOGITS, seed) for seed in (0, 0, 1))
    assert one.shape == (36, 6)
    np.testing.assert_array_equal(one, two)
    assert ((one > 0) != (other > 0)).any()


def test_the_control_says_the_predicted_class_and_nothing_else():
    codes = codes_of(PREDICTED, 64, FEATURES, FIT, LOGITS, 0)
    assert len(np.unique(codes, axis=0)) == 3
    assert len(np.unique(codes[LABELS == 1], axis=0)) == 1


def test_more_bits_than_directions_have_no_itq():
    assert codes_of(ITQ, 9, FEATURES, FIT, LOGITS, 0) is None
