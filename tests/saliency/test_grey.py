import numpy as np
import pytest
import tensorflow as tf
from matplotlib import colormaps
from PIL import Image

from tfretrieval.saliency import grey_maps, viridis_luma

MAPS = np.random.default_rng(0).standard_normal((5, 7, 9)).astype(np.float32)


def test_minmax_equals_the_loop():
    for grey, picture in zip(grey_maps(MAPS).numpy(), MAPS.astype(np.float64), strict=True):
        level = 255 * (picture - picture.min()) / (picture.max() - picture.min())
        # Rounding of a half may fall to either side.
        assert np.abs(grey - level).max() < 0.5 + 1e-4
        assert grey.min() == 0 and grey.max() == 255


def test_scale_and_offset_change_nothing():
    expected = grey_maps(MAPS).numpy().astype(int)
    assert np.abs(grey_maps(4 * MAPS - 8).numpy() - expected).max() <= 1


def test_viridis_luma_is_the_brightness_of_the_coloured_picture():
    ramp = tf.reshape(tf.range(256.0), [1, 16, 16])
    colours = np.round(255 * colormaps["viridis"](np.arange(256))[:, :3]).astype(np.uint8)
    expected = np.asarray(Image.fromarray(colours[None]).convert("L"), float)[0]
    luma = grey_maps(ramp, "viridis_luma").numpy().reshape(-1).astype(float)
    assert np.abs(luma - expected).max() <= 1
    assert (np.diff(luma) >= 0).all()
    again = viridis_luma(grey_maps(MAPS).numpy())
    np.testing.assert_array_equal(again, grey_maps(MAPS, "viridis_luma"))


@pytest.mark.parametrize("bad", [3.0, np.nan, np.inf, -np.inf])
def test_constant_and_broken_maps_are_black(bad):
    maps = MAPS.copy()
    maps[1] = bad if np.isfinite(bad) else maps[1]
    maps[1, 2, 3] = bad
    grey = grey_maps(maps).numpy()
    assert not grey[1].any()
    np.testing.assert_array_equal(np.delete(grey, 1, 0), np.delete(grey_maps(MAPS), 1, 0))


def test_a_range_beyond_float32_is_black():
    assert not grey_maps(tf.constant([[[-3e38, 3e38]]])).numpy().any()


@pytest.mark.parametrize("grey", ["minmax", "viridis_luma"])
def test_eager_graph_and_xla_agree(grey):
    eager = grey_maps(MAPS, grey).numpy()
    signature = [tf.TensorSpec([None, 7, 9], tf.float32)]
    graph = tf.function(lambda x: grey_maps(x, grey), input_signature=signature)
    xla = tf.function(lambda x: grey_maps(x, grey), jit_compile=True)
    np.testing.assert_array_equal(graph(MAPS), eager)
    assert np.abs(xla(MAPS).numpy().astype(int) - eager).max() <= 1


def test_shapes_and_types():
    assert grey_maps(tf.zeros([0, 8, 8])).shape == (0, 8, 8)
    one = grey_maps(tf.ones([2, 1, 1]))
    assert one.dtype == tf.uint8 and not one.numpy().any()
    half = grey_maps(tf.cast(MAPS, tf.float16)).numpy().astype(int)
    assert np.abs(half - grey_maps(MAPS).numpy()).max() <= 1


@pytest.mark.parametrize("maps", [MAPS[0], MAPS[..., None]], ids=["one", "channels"])
def test_other_shapes_are_refused(maps):
    with pytest.raises(ValueError, match="maps must be .B, h, w."):
        grey_maps(maps)


def test_another_grey_is_refused():
    with pytest.raises(ValueError, match="minmax, viridis_luma, got 'jet'"):
        grey_maps(MAPS, "jet")
