"""The drawn things: the same one in every view, views as hard as they say, and still frozen."""

import dataclasses
from collections import Counter

import numpy as np
import pytest
import tensorflow_datasets as tfds

from data_pipelines.builders import DrawnInstances, DrawnInstancesConfig
from data_pipelines.builders.drawn_instances_builder import PARTS
from data_pipelines.drawn_birds import InstanceArtist
from data_pipelines.drawn_birds.instance_artist import PIXELS_SHA256, VIEWS, sample_checksum
from data_pipelines.drawn_birds.objects import CLASSES

TINY = {
    "name": "tiny", "train_things": 3, "views": 3, "val_things": 2, "val_views": 2,
    "test_things": 2, "queries": 2, "easy": 2, "hard": 1, "junk": 1, "lonely": 3, "size": 48,
}  # fmt: skip


def draw(thing, view="easy", number=0, size=64, seed=2):
    return InstanceArtist(size, seed).draw(f"database/{thing}/{number}_{view}.jpg", thing, view)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """The tiny set as prepared by TFDS: part -> list of examples."""
    folder = str(tmp_path_factory.mktemp("instances"))
    builder = DrawnInstances(data_dir=folder, config=DrawnInstancesConfig(**TINY))
    builder.download_and_prepare()
    return {
        part: list(tfds.as_numpy(builder.as_dataset(split=part))) for part in builder.info.splits
    }


def test_the_frozen_set_is_drawn():
    assert sample_checksum() == PIXELS_SHA256, (
        "the drawn pixels have changed: raise VERSION, freeze the new checksum, rerun every table"
    )


def test_a_picture_drawn_alone_equals_the_one_drawn_after_others():
    artist = InstanceArtist(64)
    series = [artist.draw(f"database/{k}/0_hard.jpg", k, "hard") for k in range(4)]
    np.testing.assert_array_equal(series[3].pixels, draw(3, "hard").pixels)
    assert series[3].box == draw(3, "hard").box


def test_another_id_thing_or_seed_gives_another_picture():
    pixels = draw(6).pixels
    for other in (draw(6, number=1), draw(13), draw(6, seed=3)):
        assert (pixels != other.pixels).any()


@pytest.mark.parametrize("thing", range(7))
def test_an_easy_view_shows_nearly_the_whole_of_a_large_thing(thing):
    for number in range(3):
        view = draw(thing, "easy", number)
        assert 0.9 <= view.visible <= 1.02 and view.covers >= 0.05 and not view.hardships


@pytest.mark.parametrize("thing", range(7))
def test_a_hard_view_has_one_or_two_hardships(thing):
    for number in range(4):
        view = draw(thing, "hard", number)
        assert view.visible >= 0.3 and len(set(view.hardships)) in (1, 2)
        if "hidden" in view.hardships:
            assert view.visible <= 0.65
        if "small" in view.hardships:
            assert view.covers <= 0.04


def test_hard_views_meet_every_hardship_and_dim_ones_are_darker():
    views = [draw(1, "hard", number) for number in range(24)]
    assert {each for view in views for each in view.hardships} == {
        "dim", "hidden", "small", "turned",
    }  # fmt: skip
    dim, bright = (
        np.mean([view.pixels.mean() for view in views if ("dim" in view.hardships) == is_dim])
        for is_dim in (True, False)
    )
    assert dim < 0.75 * bright


@pytest.mark.parametrize("thing", range(7))
def test_a_junk_view_shows_less_than_a_quarter_of_the_thing(thing):
    for number in range(3):
        assert 0.03 <= draw(thing, "junk", number).visible < 0.25


def test_a_lonely_view_is_easy_or_hard():
    views = [draw(thing, "lonely") for thing in range(12)]
    assert {len(view.hardships) for view in views} == {0, 1, 2}
    assert all(view.visible >= 0.3 for view in views)


@pytest.mark.parametrize("view", ["easy", "hard", "junk"])
def test_the_box_is_the_tightest_around_what_is_seen(view):
    for thing in range(7):
        picture = draw(thing, view)
        rows, columns = np.nonzero(picture.mask)
        seen = rows.min() / 64, columns.min() / 64, (rows.max() + 1) / 64, (columns.max() + 1) / 64
        np.testing.assert_allclose(picture.box, seen, atol=1 / 64)


def look(view):
    """Mean colour of the thing as if under one light: what a white lamp changes is divided out."""
    inside = view.pixels[view.mask == 255].astype(float)
    return inside.mean(0) / inside.mean()


def test_views_of_a_thing_are_more_alike_than_views_of_two_things_of_a_kind():
    looks = np.array([[look(draw(thing, number=n)) for n in range(4)] for thing in range(3, 59, 7)])
    apart = np.linalg.norm(looks[:, None, :, None] - looks[None, :, None], axis=-1)
    same = np.eye(len(looks), dtype=bool)
    assert apart[same].mean() < 0.5 * apart[~same].mean()


def test_what_cannot_be_drawn_is_refused(monkeypatch):
    with pytest.raises(ValueError, match="32 or more"):
        InstanceArtist(size=31)
    with pytest.raises(ValueError, match="easy, hard, junk, lonely, not 'odd'"):
        draw(0, "odd")
    monkeypatch.setattr("data_pipelines.drawn_birds.instance_artist.EASY_COVERS", 0.9)
    with pytest.raises(ValueError, match="0_easy.jpg: none of 200 drawings"):
        draw(0, size=32)


def test_the_demo_has_1300_things_and_as_many_pictures_as_it_says():
    config = DrawnInstances.builder_configs["demo"]
    rows = {part: list(config.pictures(part)) for part in PARTS}
    assert {part: len(each) for part, each in rows.items()} == {
        "train": 4800, "val": 360, "query": 40, "database": 1000,
    }  # fmt: skip
    ids = [name for each in rows.values() for name, _, _ in each]
    assert len(set(ids)) == len(ids) == 6200
    assert Counter(view for _, _, view in rows["database"]) == {
        "easy": 160, "hard": 160, "junk": 80, "lonely": 600,
    }  # fmt: skip


def test_the_things_of_one_part_are_in_no_other():
    config = DrawnInstancesConfig(**TINY)
    things = {part: {thing for _, thing, _ in config.pictures(part)} for part in PARTS}
    assert things == {
        "train": {0, 1, 2},
        "val": {3, 4},
        "query": {5, 6},
        "database": set(range(5, 10)),
    }
    assert config.title(6) == "snail 6"


def test_prepared_examples_say_kind_thing_view_and_how_much_is_seen(prepared):
    config = DrawnInstancesConfig(**TINY)
    for part, examples in prepared.items():
        rows = list(config.pictures(part))
        assert [example["image/filename"].decode() for example in examples] == [r[0] for r in rows]
        assert [int(example["thing"]) for example in examples] == [r[1] for r in rows]
        assert [VIEWS[example["view"]] for example in examples] == [r[2] for r in rows]
        for example in examples:
            name = example["image/filename"].decode()
            assert f".{CLASSES[example['label']]}/" in name and example["domain"] == 1
            picture = InstanceArtist(48).draw(name, example["thing"], VIEWS[example["view"]])
            assert example["visible"] == pytest.approx(picture.visible)
            np.testing.assert_allclose(example["bbox"], picture.box, atol=1e-6)
            assert np.abs(example["image"].astype(int) - picture.pixels).mean() < 8
    assert {part: len(examples) for part, examples in prepared.items()} == {
        "train": 9, "val": 4, "query": 4, "database": 11,
    }  # fmt: skip


def test_a_folder_of_other_settings_is_refused(tmp_path):
    few = {"train_things": 1, "views": 1, "val_things": 1, "val_views": 1, "test_things": 1}
    small = DrawnInstancesConfig(
        **{**TINY, **few, "queries": 1, "easy": 1, "hard": 0, "junk": 0, "lonely": 0, "size": 32}
    )
    DrawnInstances(data_dir=str(tmp_path), config=small).download_and_prepare()
    other = dataclasses.replace(small, seed=3)
    with pytest.raises(ValueError, match="drawn_instances of other settings"):
        DrawnInstances(data_dir=str(tmp_path), config=other).download_and_prepare()
