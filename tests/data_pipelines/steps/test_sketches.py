"""Batches of sketches and photos: as many of each, mirrored, resumed."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from data_pipelines import steps
from data_pipelines.records import PHOTO, SKETCH, Records
from data_pipelines.sketch_views import SketchAugmentation, load_sketch
from tests.data_pipelines.pictures import encode
from tfretrieval import images

STILL = SketchAugmentation(area=(1.0, 1.0), flip=False, rotation=0.0, erase=0.0)


def png(pixels):
    return encode(Image.fromarray(pixels), "PNG")


@pytest.fixture(scope="module")
def records():
    """Ten sketches, four photos; a picture's grey tells its number."""
    blobs = [png(np.full((20, 20, 3), 10 * i, np.uint8)) for i in range(14)]
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
        augment=STILL,
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


@pytest.mark.parametrize("first_epoch", [0, 1])
def test_as_many_photos_as_sketches_do_not_come_in_pairs(first_epoch):
    """Picture i and photo i show one class each of their own: pairs would always agree."""
    count = 24
    both = Records(
        ids=[f"{i:02}" for i in range(2 * count)],
        labels=np.tile(np.arange(count), 2),
        class_names=tuple(map(str, range(count))),
        blobs=(png(np.zeros((8, 8, 3), np.uint8)),) * (2 * count),
    )
    dataset = steps.paired_batches(
        both, np.arange(count), np.arange(count, 2 * count), image_size=8, per_domain=8, seed=0,
        first_epoch=first_epoch, epochs=first_epoch + 1, augment=STILL,
    )  # fmt: skip
    labels = np.array([batch[1] for batch in dataset.as_numpy_iterator()]).reshape(3, 2, 8)
    assert (labels[:, 0] == labels[:, 1]).mean() < 0.25
    for part in (labels[:, 0], labels[:, 1]):
        assert sorted(part.ravel()) == list(range(count))


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
        blobs=(png(noise), png(noise)),
        domains=[SKETCH, PHOTO],
    )
    batches = steps.mirrored_batches(changed, np.arange(2), image_size=16, batch_size=5)
    (found,) = batches.as_numpy_iterator()
    assert found["domain"].tolist() == [SKETCH, SKETCH, PHOTO, PHOTO]
    np.testing.assert_array_equal(found["image"][0], found["image"][1][:, ::-1])
    np.testing.assert_array_equal(found["image"][0], load_sketch(png(noise), 16))
    np.testing.assert_array_equal(found["image"][2], images.load(png(noise), 16))


def test_pictures_without_domains_are_refused(records):
    with pytest.raises(ValueError, match="no domain"):
        steps.mirrored_batches(
            dataclasses.replace(records, domains=None), np.arange(2), image_size=8, batch_size=2
        )


def test_features_come_in_the_order_of_the_pictures_and_their_mirror_images_by_lot(records):
    features = np.stack([np.arange(14), 100 + np.arange(14)], axis=1)[..., None].astype(np.float32)
    batches = list(
        steps.paired_feature_batches(
            features, records.labels, np.arange(10), np.arange(10, 14), per_domain=3, seed=0,
            epochs=2,
        ).as_numpy_iterator()
    )  # fmt: skip
    pictures = paired(records)
    assert len(batches) == len(pictures)
    sides = []
    for (inputs, labels), (shown, theirs) in zip(batches, pictures, strict=True):
        np.testing.assert_array_equal(inputs["image"][:, 0] % 100, numbers(shown["image"]))
        np.testing.assert_array_equal(inputs["domain"], shown["domain"])
        np.testing.assert_array_equal(labels, theirs)
        sides.append(inputs["image"][:, 0] >= 100)
    assert 0.2 < np.mean(sides) < 0.8 and (sides[0] != sides[3]).any()
    later = steps.paired_feature_batches(
        features, records.labels, np.arange(10), np.arange(10, 14), per_domain=3, seed=0, epochs=2,
        first_epoch=1,
    )  # fmt: skip
    for (inputs, _), (again, _) in zip(later.as_numpy_iterator(), batches[3:], strict=True):
        np.testing.assert_array_equal(inputs["image"], again["image"])
