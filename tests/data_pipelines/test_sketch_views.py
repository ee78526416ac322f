"""Views of sketches and photos, eager and inside tf.data."""

import numpy as np
import tensorflow as tf
from PIL import Image

from data_pipelines.sketch_views import SketchAugmentation, load_photo, load_sketch
from tests.data_pipelines import pictures
from tfretrieval import images

SIZE = 32


def encode(pixels):
    return pictures.encode(Image.fromarray(pixels), "PNG")


def sketch(side=64):
    """A black square and a line on white."""
    pixels = np.full((side, side, 3), 255, np.uint8)
    pixels[side // 4 : side // 2, side // 4 : side // 2] = 0
    pixels[side // 8, :] = 0
    return encode(pixels)


def still(**changes):
    """A view that changes nothing but what is asked for."""
    options = {"area": (1.0, 1.0), "flip": False, "rotation": 0.0, "erase": 0.0, **changes}
    return SketchAugmentation(**options)


def views(augmentation, count=40, contents=None):
    contents = sketch() if contents is None else contents
    seeds = tf.stack([tf.zeros(count, tf.int64), tf.range(count, dtype=tf.int64)], axis=1)
    drawn = tf.data.Dataset.from_tensor_slices(seeds)
    drawn = drawn.map(lambda seed: augmentation.load(contents, SIZE, seed))
    return np.stack(list(drawn.as_numpy_iterator()))


def test_the_same_seed_gives_the_same_pixels_eager_and_in_tf_data():
    view = SketchAugmentation()
    eager = np.stack([view.load(sketch(), SIZE, [0, i]).numpy() for i in range(8)])
    np.testing.assert_allclose(views(view, 8), eager, atol=1e-3)
    assert len({x.tobytes() for x in eager}) == 8


def test_colours_become_grey_and_stay_within_range():
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3)).astype(np.uint8)
    drawn = views(SketchAugmentation(), 10, encode(noise))
    assert drawn.shape == (10, SIZE, SIZE, 3) and drawn.min() >= 0 and drawn.max() <= 255
    np.testing.assert_array_equal(drawn[..., 0], drawn[..., 2])


def test_what_comes_in_from_outside_is_paper():
    turned = views(still(rotation=45.0), 30)
    corners = turned[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert (corners > 250).mean() > 0.8
    # No ink is lost in the middle, which turns with the picture.
    ink = (255 - turned).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(ink, ink.mean(), rtol=0.35)


def test_a_quarter_turn_turns_the_picture():
    quarter = [x for x in views(still(rotation=90.0), 300)]
    plain = views(still(), 1)[0]
    nearest = min(np.abs(x - np.rot90(plain)).mean() for x in quarter)
    assert nearest < 12 < np.abs(plain - np.rot90(plain)).mean()


def test_half_are_mirrored():
    def leaning(drawn):
        """Ink of the left half, where the square is, less that of the right one."""
        ink = (255 - drawn)[..., 0]
        return ink[:, :, : SIZE // 2].sum(axis=(1, 2)) - ink[:, :, SIZE // 2 :].sum(axis=(1, 2))

    assert (leaning(views(still(), 60)) > 0).all()
    assert 15 < (leaning(views(still(flip=True), 60)) < 0).sum() < 45


def test_a_rectangle_of_the_right_share_is_erased_from_so_many():
    black = encode(np.zeros((64, 64, 3), np.uint8))
    drawn = views(still(erase=0.6), 200, black)
    erased = (drawn[..., 0] > 127).mean(axis=(1, 2))
    assert 0.5 < (erased > 0).mean() < 0.7
    assert erased.max() <= 0.21 and erased[erased > 0].min() >= 0.01


def test_crops_show_at_least_so_much():
    ramp = np.repeat(np.linspace(0, 255, 64).astype(np.uint8)[None, :, None], 64, axis=0)
    drawn = views(still(area=(0.6, 1.0)), 60, encode(np.repeat(ramp, 3, axis=2)))
    shown = (drawn[:, 0, -1, 0] - drawn[:, 0, 0, 0]) / 255
    # 0.6 of the area at an aspect of 3:4 is two thirds of the width.
    assert 0.62 < shown.min() < 0.85 and shown.max() > 0.9


def test_a_sketch_that_searches_is_the_middle_of_itself_enlarged():
    found = load_sketch(sketch(), 40).numpy()
    enlarged = images.load(sketch(), 44).numpy()
    np.testing.assert_array_equal(found, enlarged[2:42, 2:42])


def test_photos_are_whole_and_half_of_them_mirrored():
    noise = encode(np.random.default_rng(0).integers(0, 256, (40, 30, 3)).astype(np.uint8))
    whole = images.load(noise, SIZE).numpy()
    drawn = [load_photo(noise, SIZE, tf.constant([0, i], tf.int64)).numpy() for i in range(40)]
    mirrored = [np.array_equal(x, whole[:, ::-1]) for x in drawn]
    assert all(m or np.array_equal(x, whole) for m, x in zip(mirrored, drawn, strict=True))
    assert 10 < sum(mirrored) < 30
