import numpy as np
import pytest

from tests.checks import check_layer
from tfretrieval.layers import DivideAndEncode

X = np.random.default_rng(0).standard_normal((4, 6)).astype(np.float32)


@pytest.mark.parametrize("epsilon", [0.1, 0.5])
def test_contract(epsilon):
    check_layer(lambda: DivideAndEncode(3, epsilon), X)


def test_each_bit_reads_its_slice_and_is_whole_away_from_the_threshold():
    layer = DivideAndEncode(2, epsilon=0.1)
    layer.build((None, 4))
    layer.set_weights([np.array([[1.0, 1.0], [1.0, -1.0]]), np.array([0.0, 0.2])])
    x = np.array([[3.0, -3.0, 2.0, 0.0], [0.1, 0.0, 0.0, 2.0]], np.float32)
    found = layer(x).numpy()
    half = 2 / (1 + np.exp(-0.1)) - 1
    np.testing.assert_allclose(found, [[0, 1], [half, -1]], atol=1e-6)


def test_refuses_arguments():
    with pytest.raises(ValueError, match="a multiple of 4"):
        DivideAndEncode(4)(X)
    with pytest.raises(ValueError, match="bits must be at least 1"):
        DivideAndEncode(0)
    with pytest.raises(ValueError, match="epsilon must be in"):
        DivideAndEncode(4, epsilon=0.0)
