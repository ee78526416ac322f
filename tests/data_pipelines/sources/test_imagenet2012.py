"""ImageNet in class folders: listed, not opened."""

import shutil

import pytest

from data_pipelines.records import DataError
from data_pipelines.sources.imagenet2012 import read_imagenet2012
from tests.data_pipelines import published_sets as sets


@pytest.fixture
def root(tmp_path):
    return sets.write_unpacked("imagenet2012", tmp_path)


def test_parts_labels_and_ids(root):
    listing = read_imagenet2012(root)
    records = listing.records
    assert records.class_names == tuple(sets.SYNSETS)
    assert listing.split.tolist() == ["train"] * 7 + ["test"] * 4
    assert records.ids[0] == "n01440764_17.JPEG"
    assert records.ids[7:].tolist() == sorted(records.ids[7:])
    for i, name in enumerate(records.ids):
        synset = records.class_names[records.labels[i]]
        part = "train" if listing.split[i] == "train" else "val"
        assert records.paths[i] == str(root / part / synset / name)


def test_pictures_are_not_opened(root):
    for path in root.rglob("*.JPEG"):
        path.write_bytes(b"")
    assert len(read_imagenet2012(root).records) == 11


def test_a_flat_part_is_refused(root):
    for path in root.glob("val/*/*.JPEG"):
        shutil.move(path, root / "val")
    for path in root.glob("val/n*"):
        path.rmdir()
    with pytest.raises(DataError, match="val' has no class folders such as n01440764"):
        read_imagenet2012(root)


def test_a_class_that_does_not_train_is_refused(root):
    (root / "val" / "n99999999").mkdir()
    with pytest.raises(DataError, match="no class 'n99999999' in train/"):
        read_imagenet2012(root)


def test_folders_without_pictures_are_refused(root):
    for path in root.rglob("*.JPEG"):
        path.unlink()
    with pytest.raises(DataError, match="no pictures such as train/n01440764/NAME.JPEG"):
        read_imagenet2012(root)
