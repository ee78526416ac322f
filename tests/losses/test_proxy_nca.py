import numpy as np
import pytest

from tests.checks import check_loss
from tfretrieval.losses import ProxyNCA

COSINES = np.random.default_rng(0).uniform(-0.9, 0.9, (6, 4)).astype(np.float32)
LABELS = np.array([0, 1, 2, 3, 1, 0])


@pytest.mark.parametrize("scale", [1.0, 9.0])
def test_contract(scale):
    check_loss(ProxyNCA(scale), LABELS, COSINES)


def test_compares_the_own_proxy_with_the_others_only():
    total = 0.0
    for row, label in zip(COSINES.astype(np.float64), LABELS, strict=True):
        near = np.exp(-3 * (2 - 2 * row))
        total -= np.log(near[label] / np.delete(near, label).sum())
    np.testing.assert_allclose(ProxyNCA(3.0)(LABELS, COSINES), total / 6, rtol=1e-5)


def test_refuses_one_class_and_a_scale_that_is_not_positive():
    with pytest.raises(ValueError, match="two classes or more"):
        ProxyNCA()([0], [[0.5]])
    with pytest.raises(ValueError, match="scale must be positive"):
        ProxyNCA(0.0)
