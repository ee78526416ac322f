"""Caltech256: what is a picture of a class, and which ones train."""

import numpy as np
import pytest

from data_pipelines.records import DataError
from data_pipelines.sources import caltech256
from data_pipelines.sources.caltech256 import read_caltech256
from tests.data_pipelines import published_sets as sets


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setattr(caltech256, "TRAINING", sets.TINY_TRAINING)
    return sets.write_unpacked("caltech256", tmp_path) / "256_ObjectCategories"


def test_strays_clutter_and_pictures_of_other_classes_are_passed_over(root):
    records = read_caltech256(root).records
    assert records.class_names == tuple(sets.OBJECTS)
    assert np.bincount(records.labels).tolist() == list(sets.OBJECTS.values())
    names = [f"{c}/{c[:3]}_{i + 1:04d}.jpg" for c, n in sets.OBJECTS.items() for i in range(n)]
    assert sorted(records.ids) == [f"256_ObjectCategories/{name}" for name in names]


def test_so_many_of_each_class_train_and_always_the_same(root):
    listing = read_caltech256(root)
    trains = listing.where("train")
    assert np.bincount(listing.records.labels[trains]).tolist() == [2] * 4
    digest = caltech256.checksum(listing.records.ids[trains])
    assert digest == "e8b62983a7d276c03eeeb268990356f2df190ac8aad57fc47ddcc68fc081e45e"
    assert digest[:16] in listing.notes[0]


def test_the_split_of_a_set_of_full_size():
    """As many classes as there are, numbered like them: 60 of each, frozen."""
    names = [
        f"{caltech256.FOLDER}/{c:03d}.x/{c:03d}_{i:04d}.jpg"
        for c in range(1, 257)
        for i in range(1, 81)
    ]
    ids, labels = np.array(names), np.repeat(np.arange(256), 80)
    trains = caltech256.drawn(ids, labels, 60)
    assert np.bincount(labels[trains]).tolist() == [60] * 256
    digest = caltech256.checksum(ids[trains])
    assert digest == "116a7660620772853a99ca80b1b19f3dbb095b95cdca628b8a7dc73a02c92a6a"
    mixed = np.random.default_rng(0).permutation(len(ids))
    np.testing.assert_array_equal(caltech256.drawn(ids[mixed], labels[mixed], 60), trains[mixed])


def test_a_folder_without_pictures_says_so(tmp_path):
    (tmp_path / "001.ak47").mkdir()
    with pytest.raises(DataError, match="no pictures such as 001.ak47/001_0001.jpg"):
        read_caltech256(tmp_path)
