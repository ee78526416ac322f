import numpy as np
import pytest
import tensorflow as tf

from tfretrieval.layers import Rescale

PICTURES = np.random.default_rng(0).uniform(0, 255, (2, 9, 6, 3)).astype(np.float32)


def test_shrinks_smoothed_and_enlarges_bilinear():
    for scale, size in ((0.5, (4, 3)), (2.0, (18, 12))):
        expected = tf.image.resize(PICTURES, size, antialias=scale < 1)
        np.testing.assert_array_equal(Rescale(scale)(PICTURES), expected)


def test_keeps_one_pixel_the_type_and_says_that_sides_vary():
    assert tuple(Rescale(0.01)(PICTURES).shape) == (2, 1, 1, 3)
    layer = Rescale(0.5, dtype="float16")
    assert layer(tf.cast(PICTURES, tf.float16)).dtype == tf.float16
    assert layer.compute_output_shape((None, 8, 8, 3)) == (None, None, None, 3)
    assert Rescale.from_config(layer.get_config()).scale == 0.5


def test_refuses_no_scale():
    with pytest.raises(ValueError, match="must be positive"):
        Rescale(0.0)
