import numpy as np
import pytest

from tests.checks import check_layer
from tests.golden_files import assert_matches, golden
from tfretrieval.layers import MAC

X = np.random.default_rng(0).standard_normal((3, 4, 5, 6)).astype(np.float32)
FILE = golden("cirtorch_pooling")


def test_contract():
    check_layer(MAC, X)


@pytest.mark.parametrize("which", range(4), ids=["wide", "tall", "square", "tiny"])
def test_matches_the_authors_code(which):
    assert_matches(MAC()(FILE[f"x{which}"]), FILE[f"mac{which}"])


def test_refuses_vectors():
    with pytest.raises(ValueError, match=r"\[B, H, W, C\]"):
        MAC()(X[:, 0, 0])
