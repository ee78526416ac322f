import numpy as np
import pytest

from tests.checks import check_loss
from tfretrieval.losses import ProxyAnchor

COSINES = np.random.default_rng(0).uniform(-0.9, 0.9, (6, 5)).astype(np.float32)
LABELS = np.array([0, 1, 2, 3, 1, 0])


@pytest.mark.parametrize("settings", [{}, {"alpha": 4.0, "delta": 0.0}], ids=str)
def test_contract(settings):
    check_loss(ProxyAnchor(**settings), LABELS, COSINES)


def test_equals_the_loop_over_proxies():
    cosines, alpha, delta = COSINES.astype(np.float64), 32, 0.1
    pull, push = [], []
    for j, column in enumerate(cosines.T):
        own = j == LABELS
        if own.any():
            pull.append(np.log1p(np.exp(-alpha * (column[own] - delta)).sum()))
        push.append(np.log1p(np.exp(alpha * (column[~own] + delta)).sum()))
    expected = np.mean(pull) + np.mean(push)
    np.testing.assert_allclose(ProxyAnchor()(LABELS, COSINES), expected, rtol=1e-5)


def test_refuses_arguments():
    with pytest.raises(ValueError, match="alpha must be positive"):
        ProxyAnchor(alpha=0.0)
    with pytest.raises(ValueError, match="delta must not be negative"):
        ProxyAnchor(delta=-0.1)
