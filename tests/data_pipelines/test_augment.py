"""Random views: repeatable, inside the box, within the ranges."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data_pipelines.augment import Augmentation
from tests.data_pipelines.pictures import encode, picture
from tfretrieval import images

STILL = {"brightness": 0.0, "contrast": 0.0, "saturation": 0.0}


def views(contents, augmentation, seeds, box=None, mask=None):
    """One view for each seed, `[seeds, 8, 8, 3]`."""
    pairs = np.stack([np.arange(seeds), np.zeros(seeds)], 1).astype(np.int64)
    dataset = tf.data.Dataset.from_tensor_slices(pairs)
    dataset = dataset.map(lambda seed: augmentation.load(contents, 8, seed, box, mask), 4)
    return next(iter(dataset.batch(seeds))).numpy()


def test_same_seed_same_pixels_eagerly_and_in_tf_data():
    contents = encode(picture("a", 30, 40))
    eager = np.stack([Augmentation().load(contents, 8, [seed, 0]) for seed in range(4)])
    mapped = views(contents, Augmentation(), 4)
    np.testing.assert_array_equal(mapped, views(contents, Augmentation(), 4))
    # Compiled arithmetic may fuse a multiplication with an addition.
    np.testing.assert_allclose(mapped, eager, atol=1e-3)
    assert len({image.tobytes() for image in eager}) == 4
    assert eager.min() >= 0 and eager.max() <= 255


def test_no_randomness_is_plain_loading():
    contents = encode(picture("a", 8, 8), "PNG")
    still = Augmentation(area=(1.0, 1.0), aspect=(1.0, 1.0), flip=False, **STILL)
    np.testing.assert_allclose(views(contents, still, 1)[0], picture("a", 8, 8), atol=1e-3)


def test_views_of_a_far_larger_jpeg_look_as_those_of_every_pixel():
    large, seeds = picture("a", 384, 512), 6
    jpeg, png = encode(large), encode(large, "PNG")
    assert int(images.decoded_size(jpeg, 8)[1]) == 8
    assert np.abs(views(jpeg, Augmentation(), seeds) - views(png, Augmentation(), seeds)).max() < 12


def test_half_of_the_views_are_mirrored():
    contents = encode(picture("a", 8, 8), "PNG")
    flipping = Augmentation(area=(1.0, 1.0), aspect=(1.0, 1.0), **STILL)
    plain = np.asarray(picture("a", 8, 8), np.float32)
    seen = views(contents, flipping, 40)
    straight = (np.abs(seen - plain) < 1e-3).all((1, 2, 3))
    mirrored = (np.abs(seen - plain[:, ::-1]) < 1e-3).all((1, 2, 3))
    assert (straight ^ mirrored).all() and 10 < mirrored.sum() < 30


def test_views_stay_inside_the_box():
    pixels = np.zeros((20, 20, 3), np.uint8)
    pixels[5:15, 5:15] = 200
    contents = encode(Image.fromarray(pixels), "PNG")
    inside = views(contents, Augmentation(**STILL), 20, [0.25, 0.25, 0.75, 0.75])
    np.testing.assert_allclose(inside, 200, rtol=1e-5)


def test_the_background_is_hidden_in_every_view():
    pixels = np.full((20, 20, 3), 255, np.uint8)
    pixels[5:15, 5:15] = 0
    mask = np.zeros((4, 4), bool)
    mask[1:3, 1:3] = True
    contents = encode(Image.fromarray(pixels), "PNG")
    seen = views(contents, Augmentation(**STILL), 20, None, mask)
    assert (seen <= np.float32(images.MEAN_COLOR) + 1e-3).all() and seen.min() < 1e-3
    again = [Augmentation(**STILL).load(contents, 8, [seed, 0], None, mask) for seed in range(4)]
    np.testing.assert_allclose(seen[:4], again, atol=1e-3)


def test_a_mask_changes_no_draw():
    contents, everything = encode(picture("a", 30, 40)), np.ones((8, 8), bool)
    box = [0.25, 0.0, 1.0, 0.75]
    np.testing.assert_array_equal(
        views(contents, Augmentation(), 4, box, everything),
        views(contents, Augmentation(), 4, box),
    )


def test_crops_cover_the_asked_for_area_and_move_about():
    ramp = np.broadcast_to(np.arange(200, dtype=np.uint8)[:, None, None], (200, 200, 3))
    contents = encode(Image.fromarray(ramp), "PNG")
    quarter = Augmentation(area=(0.25, 0.25), aspect=(1.0, 1.0), flip=False, **STILL)
    rows = views(contents, quarter, 40)[:, :, 0, 0]
    # Six inner rows lie 5/8 of the crop's height apart; the outer ones feel the edge.
    np.testing.assert_allclose((rows[:, 6] - rows[:, 1]) * 8 / 5, 100, atol=0.5)
    assert rows[:, 0].min() < 20 and rows[:, -1].max() > 180


def test_one_pixel_picture_can_be_viewed():
    contents = encode(picture("a", 1, 1), "PNG")
    assert np.isfinite(views(contents, Augmentation(), 2)).all()


def test_colors_are_brightness_contrast_and_saturation_in_turn():
    image = np.random.default_rng(0).uniform(100, 150, (4, 4, 3)).astype(np.float32)
    draws = np.float32([0.75, 0.25, 1.0])
    brightness, contrast, saturation = 1 + 0.2 * (2 * draws - 1)
    expected = image * brightness
    expected = expected.mean() + contrast * (expected - expected.mean())
    grey = expected @ np.float32([0.299, 0.587, 0.114])
    expected = grey[..., None] + saturation * (expected - grey[..., None])
    got = Augmentation()._colors(tf.constant(image), tf.constant(draws))
    np.testing.assert_allclose(got, expected, rtol=1e-4)


@pytest.mark.parametrize("wrong", [{"area": (0.0, 1.0)}, {"aspect": (2, 1)}, {"contrast": 1.5}])
def test_ranges_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Augmentation(**wrong)
