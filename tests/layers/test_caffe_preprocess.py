import numpy as np

from tests.checks import check_layer
from tfretrieval.layers import CaffePreprocess

PICTURES = np.random.default_rng(0).uniform(0, 255, (2, 3, 4, 3)).astype(np.float32)


def test_contract():
    check_layer(CaffePreprocess, PICTURES)


def test_gives_blue_green_red_without_the_mean():
    found = CaffePreprocess()(PICTURES).numpy()
    np.testing.assert_allclose(found[..., 0], PICTURES[..., 2] - 103.939, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(found[..., 1], PICTURES[..., 1] - 116.779, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(found[..., 2], PICTURES[..., 0] - 123.68, rtol=1e-5, atol=1e-4)
