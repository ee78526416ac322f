"""Class folders of sketches and of photos, written differently."""

import pytest

from data_pipelines.records import DataError
from data_pipelines.sources.sketch_folders import SketchFolders
from tests.data_pipelines.pictures import encode, picture, write_tree

FOLDERS = SketchFolders("drawn", "seen", queries=1, misspelt={"griaffe": "giraffe"})
NAMES = (
    "drawn/giraffe/1.png", "drawn/giraffe/2.png", "drawn/hot-air balloon/1.png",
    "seen/griaffe/1.jpg", "seen/hot_air_balloon/1.jpeg",
)  # fmt: skip


def write(root, *more):
    write_tree(root, {name: encode(picture(name)) for name in (*NAMES, *more)})


def test_parts_and_classes_are_those_of_the_folders(tmp_path):
    write(tmp_path, "drawn/giraffe/deep/3.png")
    listing = FOLDERS.read(tmp_path)
    assert sorted(listing.records.ids) == sorted(NAMES)
    assert listing.records.class_names == ("giraffe", "hot-air balloon")
    assert listing.records.labels[listing.where("photo")].tolist() == [0, 1]
    assert listing.records.labels[listing.where("sketch_train")].tolist() == [0]
    assert listing.records.labels[listing.where("sketch_test")].tolist() == [0, 1]


def test_photos_of_a_class_without_sketches_are_refused(tmp_path):
    write(tmp_path, "seen/griaffee/1.jpg")
    with pytest.raises(DataError, match="griaffee.*no sketch"):
        FOLDERS.read(tmp_path)


def test_a_tree_without_pictures_is_named(tmp_path):
    with pytest.raises(DataError, match="drawn' has no pictures such as CLASS/name.png"):
        FOLDERS.read(tmp_path)
