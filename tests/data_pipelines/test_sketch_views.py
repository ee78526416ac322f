"""Views of sketches and photos, eager and inside tf.data."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data_pipelines import steps
from data_pipelines.records import PHOTO, SKETCH, Records
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
    return np.stack([augmentation.load(contents, SIZE, [0, i]).numpy() for i in range(count)])


def test_the_same_seed_gives_the_same_pixels_eager_and_in_tf_data():
    view = SketchAugmentation()
    eager = views(view, 8)
    seeds = tf.stack([tf.zeros(8, tf.int64), tf.range(8, dtype=tf.int64)], axis=1)
    mapped = tf.data.Dataset.from_tensor_slices(seeds).map(lambda s: view.load(sketch(), SIZE, s))
    np.testing.assert_allclose(np.stack(list(mapped.as_numpy_iterator())), eager, atol=1e-3)
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


@pytest.fixture(scope="module")
def records():
    """Ten sketches, four photos; a picture's grey tells its number."""
    blobs = [encode(np.full((20, 20, 3), 10 * i, np.uint8)) for i in range(14)]
    return Records(
        ids=[f"{i:02}" for i in range(14)],
        labels=np.arange(14) % 3,
        class_names=("a", "b", "c"),
        blobs=tuple(blobs),
        domains=[SKETCH] * 10 + [PHOTO] * 4,
    )


def paired(records, **options):
    dataset = steps.paired_batches(
        records,
        np.arange(10),
        np.arange(10, 14),
        **{"image_size": 8, "per_domain": 3, "seed": 0, "epochs": 2, **options},
        augment=still(),
    )
    return list(dataset.as_numpy_iterator())


def numbers(image):
    return np.rint(image[:, 4, 4, 0] / 10).astype(int)


def test_a_batch_has_sketches_and_then_as_many_photos(records):
    batches = paired(records)
    assert len(batches) == 2 * 3
    for inputs, labels in batches:
        shown = numbers(inputs["image"])
        assert (shown[:3] < 10).all() and (shown[3:] >= 10).all()
        assert inputs["domain"].tolist() == [SKETCH] * 3 + [PHOTO] * 3
        assert inputs["domain"].dtype == np.int32
        np.testing.assert_array_equal(labels, shown % 3)


def test_an_epoch_shows_a_sketch_once_and_photos_again_where_they_are_few(records):
    first = np.concatenate([numbers(inputs["image"]) for inputs, _ in paired(records)[:3]])
    sketches, photos = first.reshape(3, 2, 3).swapaxes(0, 1).reshape(2, 9)
    assert len(set(sketches)) == 9
    assert sorted(np.bincount(photos - 10, minlength=4)) == [2, 2, 2, 3]


def test_epochs_differ_and_a_resumed_run_sees_the_same(records):
    whole = paired(records)
    rest = paired(records, first_epoch=1)
    for (a, _), (b, _) in zip(whole[3:], rest, strict=True):
        np.testing.assert_array_equal(a["image"], b["image"])
    orders = [[numbers(i["image"]).tolist() for i, _ in part] for part in (whole[:3], whole[3:])]
    assert orders[0] != orders[1]


def test_every_picture_is_followed_by_its_mirror_image(records):
    noise = np.random.default_rng(0).integers(0, 256, (20, 20, 3)).astype(np.uint8)
    changed = Records(
        ids=["s", "p"],
        labels=[0, 0],
        class_names=("a",),
        blobs=(encode(noise), encode(noise)),
        domains=[SKETCH, PHOTO],
    )
    batches = steps.mirrored_batches(changed, np.arange(2), image_size=16, batch_size=5)
    (found,) = batches.as_numpy_iterator()
    assert found["domain"].tolist() == [SKETCH, SKETCH, PHOTO, PHOTO]
    np.testing.assert_array_equal(found["image"][0], found["image"][1][:, ::-1])
    np.testing.assert_array_equal(found["image"][0], load_sketch(encode(noise), 16))
    np.testing.assert_array_equal(found["image"][2], images.load(encode(noise), 16))


def test_pictures_without_domains_are_refused(records):
    import dataclasses

    with pytest.raises(ValueError, match="no domain"):
        steps.mirrored_batches(
            dataclasses.replace(records, domains=None), np.arange(2), image_size=8, batch_size=2
        )
