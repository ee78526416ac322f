import numpy as np
import pytest

from tests.checks import check_layer
from tests.golden_files import assert_matches, golden
from tfretrieval.layers import SPoC

X = np.random.default_rng(0).standard_normal((3, 4, 5, 6)).astype(np.float32)
FILE = golden("cirtorch_pooling")


def test_contract():
    check_layer(SPoC, X)


@pytest.mark.parametrize("which", range(4), ids=["wide", "tall", "square", "tiny"])
def test_matches_the_authors_code(which):
    assert_matches(SPoC()(FILE[f"x{which}"]), FILE[f"spoc{which}"])


def test_refuses_vectors():
    with pytest.raises(ValueError, match=r"\[B, H, W, C\]"):
        SPoC()(X[:, 0, 0])


def test_half_precision_does_not_overflow():
    maps = np.full((1, 64, 64, 2), 100, np.float16)
    assert SPoC()(maps).numpy().tolist() == [[100, 100]]
