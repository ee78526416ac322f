"""The drawn birds: pure in the id, offline, true boxes, right counts, and still the frozen set."""

import dataclasses
import random
import socket
from collections import Counter

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from data_pipelines import catalogue
from data_pipelines.builders import DrawnBirds, DrawnBirdsConfig
from data_pipelines.drawn_birds import Artist, make_species
from data_pipelines.drawn_birds.artist import PIXELS_SHA256, RIVALS_SHA256, sample_checksum
from data_pipelines.drawn_birds.canvas import Pen
from data_pipelines.drawn_birds.rivals import stand_beside
from tests.checks import check_dataset

TINY = {"classes": 4, "train_per_class": 6, "test_per_class": 3, "size": 48, "sketches": True}


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """The tiny set as prepared by TFDS with the network cut: split -> list of examples."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", _no_network)
        patch.setattr(socket.socket, "connect", _no_network)
        folder = str(tmp_path_factory.mktemp("birds"))
        builder = DrawnBirds(data_dir=folder, config=DrawnBirdsConfig(name="tiny", **TINY))
        builder.download_and_prepare()
    raw = {"image": tfds.decode.SkipDecoding()}
    return {
        split: list(tfds.as_numpy(builder.as_dataset(split=split, decoders=raw)))
        for split in builder.info.splits
    }


def _no_network(*_):
    raise AssertionError("drawing birds must not use the network")


def draw(number=0, label=1, part="train", domain=1, **options):
    artist = Artist(**{"classes": 4, "size": 64, **options})
    return artist.draw(f"{part}/{label:03d}.x/{number:04d}.jpg", label, number, domain)


def test_the_frozen_set_is_drawn():
    assert sample_checksum() == PIXELS_SHA256, (
        "the drawn pixels have changed: raise VERSION, freeze the new checksum, rerun every table"
    )
    assert sample_checksum(rivals=3) == RIVALS_SHA256, "the rivals have changed: as above"


def test_sets_prepared_before_there_were_rivals_are_still_taken():
    settings = DrawnBirds.builder_configs["demo"].settings()
    assert settings == {
        "classes": 40,
        "train_per_class": 50,
        "test_per_class": 25,
        "short_classes": 0,
        "size": 160,
        "seed": 0,
        "individuals": 5,
        "distractors": 1.0,
        "sketches": False,
        "pixels_sha256": PIXELS_SHA256,
    }
    crowded = DrawnBirds.builder_configs["crowded"].settings()
    assert crowded["rivals"] == 3 and crowded["pixels_sha256"] == RIVALS_SHA256


def test_parts_have_the_configured_counts(records):
    counts = {split: len(examples) for split, examples in records.items()}
    assert counts == {"train": 24, "test": 12, "sketch_train": 24, "sketch_test": 12}
    assert set(Counter(int(e["label"]) for e in records["train"]).values()) == {6}


@pytest.mark.parametrize(
    "name, train, test",
    [
        ("demo", 2000, 1000),
        ("demo_sketches", 2000, 1000),
        ("cub_like", 5994, 5794),
        ("crowded", 800, 500),
    ],
)
def test_named_configurations_hold_their_counts(name, train, test):
    config = DrawnBirds.builder_configs[name]
    ids = [name for part in ("train", "test") for name, _, _ in config.pictures(part)]
    assert len(ids) == len(set(ids)) == train + test
    assert sum(1 for _ in config.pictures("test")) == test


def test_ids_come_in_order_and_name_part_class_and_picture(records):
    ids = [example["image/filename"].decode() for example in records["train"]]
    first = make_species(1)[0].name
    assert ids == sorted(ids)
    assert ids[:2] == [f"train/000.{first}/0000.jpg", f"train/000.{first}/0001.jpg"]


def test_pictures_are_jpeg_bytes_with_label_individual_and_domain(records):
    for split, examples in records.items():
        assert all(example["image"].startswith(b"\xff\xd8") for example in examples)
        assert {int(e["domain"]) for e in examples} == {0 if "sketch" in split else 1}
        assert all(int(e["individual"]) // 5 == int(e["label"]) for e in examples)


def test_a_picture_drawn_alone_equals_the_one_drawn_in_the_set():
    artist = Artist(classes=4, size=64)
    series = [artist.draw(f"train/001.x/{k:04d}.jpg", 1, k) for k in range(3)]
    np.testing.assert_array_equal(series[2].pixels, draw(2).pixels)
    assert series[2].box == draw(2).box


def test_more_classes_leave_the_first_ones_as_they_are():
    np.testing.assert_array_equal(draw(classes=4).pixels, draw(classes=40).pixels)


def test_another_seed_or_id_gives_another_picture():
    assert (draw(0).pixels != draw(1).pixels).any()
    assert (draw(0).pixels != draw(0, part="test").pixels).any()
    assert (draw(0).pixels != draw(0, seed=1).pixels).any()


@pytest.mark.parametrize("rivals", [0, 3])
@pytest.mark.parametrize("domain", [0, 1])
def test_the_box_is_the_tightest_around_the_visible_bird(domain, rivals):
    for number in range(12):
        picture = draw(number, domain=domain, rivals=rivals)
        ymin, xmin, ymax, xmax = picture.box
        assert 0 <= ymin < ymax <= 1 and 0 <= xmin < xmax <= 1
        rows, columns = np.nonzero(picture.mask)
        seen = rows.min() / 64, columns.min() / 64, (rows.max() + 1) / 64, (columns.max() + 1) / 64
        np.testing.assert_allclose(picture.box, seen, atol=1 / 64)


@pytest.mark.parametrize("rivals", [0, 3])
def test_most_of_the_bird_is_visible(rivals):
    for number in range(12):
        photo = draw(number, rivals=rivals)
        sketch = draw(number, part="sketch_train", domain=0, rivals=rivals)
        assert (photo.mask > 0).sum() >= 0.65 * (sketch.mask > 0).sum()


def test_a_sketch_is_grey_lines_on_white_in_the_pose_of_its_photo():
    photo, sketch = draw(5), draw(5, part="sketch_train", domain=0)
    assert (sketch.pixels == sketch.pixels[..., :1]).all()
    assert (sketch.pixels[sketch.mask == 0] > 250).mean() > 0.9
    overlap = (photo.mask > 0) & (sketch.mask > 0)
    assert (overlap == (photo.mask > 0)).all()


def test_individuals_take_turns():
    artist = Artist(classes=1, size=64, individuals=2, distractors=0)
    same_id = [artist.draw("train/000.x/0000.jpg", 0, number).pixels for number in range(3)]
    np.testing.assert_array_equal(same_id[0], same_id[2])
    assert (same_id[0] != same_id[1]).any()


def test_distractors_can_be_left_out():
    pictures = [(draw(k).pixels != draw(k, distractors=0).pixels).any() for k in range(8)]
    assert any(pictures)


def test_rivals_stand_beside_the_bird_and_leave_it_free():
    for number in range(12):
        bird = Image.new("L", (128, 128))
        Pen(bird).fill(np.array([30 + 40j, 90 + 50j, 80 + 70j, 20 + 60j]), 255)
        rivals = np.asarray(stand_beside(random.Random(number), bird, 3).mask) > 0
        assert 0.05 < rivals.mean() < 0.3
        covered = rivals & (np.asarray(bird) > 0)
        assert covered.sum() < 0.05 * (np.asarray(bird) > 0).sum()


def test_the_crowded_set_holds_the_contract(tmp_path, monkeypatch):
    configs = DrawnBirds.builder_configs
    small = {"classes": 2, "train_per_class": 3, "test_per_class": 2, "size": 48}
    monkeypatch.setitem(configs, "crowded", dataclasses.replace(configs["crowded"], **small))

    def load():
        return catalogue.load("drawn_birds/crowded", str(tmp_path), progress=False)

    check_dataset(load, counts=(6, 6, 4, 2))


def test_no_room_no_rivals():
    full = Image.new("L", (64, 64), 255)
    assert stand_beside(random.Random(0), full, 3).mask.getbbox() is None


def test_among_rivals_the_bird_is_smaller():
    alone, crowded = ([(draw(k, rivals=r).mask > 0).mean() for k in range(8)] for r in (0, 3))
    assert 0.2 < np.mean(crowded) / np.mean(alone) < 0.6


def test_species_of_a_genus_share_their_shape_and_differ_in_plumage():
    first, *others = make_species(5)
    assert {bird.bill for bird in others} == {first.bill}
    assert len({bird.name for bird in make_species(210)}) == 210
    looks = [
        (b.wing, b.crown, b.face, b.throat, b.breast, b.wing_bars, b.tail_mark) for b in others
    ]
    assert len(set(looks)) == len(looks)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"classes": 0}, "1 to 210 classes"),
        ({"classes": 211}, "1 to 210 classes"),
        ({"size": 8}, "16 or more"),
        ({"individuals": 0}, "individuals"),
        ({"distractors": -1}, "distractors"),
        ({"rivals": -1}, "rivals"),
    ],
)
def test_bad_settings_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        draw(**options)
