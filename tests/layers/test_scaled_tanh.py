import numpy as np
import pytest

from tests.checks import check_layer
from tfretrieval.layers import ScaledTanh

X = np.random.default_rng(0).standard_normal((4, 6)).astype(np.float32)


def test_contract():
    check_layer(lambda: ScaledTanh(1.5), X)


def test_a_raised_beta_sharpens():
    layer = ScaledTanh()
    np.testing.assert_allclose(layer(X), np.tanh(X), rtol=1e-5)
    layer.beta.assign(3.0)
    np.testing.assert_allclose(layer(X), np.tanh(3 * X), rtol=1e-5)


def test_refuses_a_beta_that_is_not_positive():
    with pytest.raises(ValueError, match="beta must be positive"):
        ScaledTanh(0.0)
