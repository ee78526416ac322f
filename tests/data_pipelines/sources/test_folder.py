"""Class folders as people have them."""

import pytest

from data_pipelines.records import DataError
from data_pipelines.sources import read_folder
from tests.data_pipelines.pictures import write_tree

X = b"not looked at here"


def test_class_folders_are_read_in_order_of_ids(tmp_path):
    listing = read_folder(write_tree(tmp_path, {"b/1.jpg": X, "a/2.png": X, "a/10.jpg": X}))
    records = listing.records
    assert records.ids.tolist() == ["a/10.jpg", "a/2.png", "b/1.jpg"]
    assert records.class_names == ("a", "b") and records.labels.tolist() == [0, 0, 1]
    assert set(listing.split) == {""} and listing.notes == ()
    assert records.read(2) == X


def test_train_and_test_give_the_split(tmp_path):
    files = {"train/b/1.jpg": X, "train/a/1.jpg": X, "test/a/2.jpg": X}
    listing = read_folder(write_tree(tmp_path, files))
    assert listing.records.ids.tolist() == ["test/a/2.jpg", "train/a/1.jpg", "train/b/1.jpg"]
    assert listing.records.labels.tolist() == [0, 0, 1]
    assert listing.where("train").tolist() == [1, 2] and listing.where("test").tolist() == [0]


def test_validation_and_others_beside_train_and_test_are_passed_over(tmp_path):
    files = {"Train/a/1.jpg": X, "Test/a/2.jpg": X, "val/a/3.jpg": X, "models/x.h5": X}
    listing = read_folder(write_tree(tmp_path, files))
    assert listing.records.ids.tolist() == ["Test/a/2.jpg", "Train/a/1.jpg"]
    assert listing.notes == (
        "passed over, not being train/ or test/: models/",
        "passed over, not being train/ or test/: val/",
    )


def test_train_and_test_may_be_ordinary_classes(tmp_path):
    listing = read_folder(write_tree(tmp_path, {"train/1.jpg": X, "bus/1.jpg": X}))
    assert listing.records.class_names == ("bus", "train")


def test_names_with_spaces_unicode_and_upper_case_suffixes(tmp_path):
    files = {"Größe 1/Bild 1.JPG": X, "猫/ねこ.PNG": X, "猫/a'b\"c,;.Jpeg": X}
    records = read_folder(write_tree(tmp_path, files)).records
    assert set(records.ids) == set(files)
    assert [records.read(i) for i in range(3)] == [X] * 3
    assert [contents.numpy() for contents in map(records.reader(), range(3))] == [X] * 3


def test_what_is_no_picture_is_passed_over_and_counted(tmp_path):
    junk = ["a/Thumbs.db", "a/notes.txt", "a/.hidden.jpg", "README", "loose.jpg"]
    hidden = [".git/x.jpg", "__MACOSX/a/1.jpg"]
    listing = read_folder(
        write_tree(tmp_path, dict.fromkeys(["a/1.jpg", "b/1.jpg", *junk, *hidden], X))
    )
    assert listing.records.ids.tolist() == ["a/1.jpg", "b/1.jpg"]
    [note] = listing.notes
    assert note.startswith("5 files passed over that are no pictures of a class, such as ")


@pytest.mark.parametrize(
    "files, message",
    [
        ({}, "pictures are nowhere in it"),
        ({"a/x.txt": X}, "pictures are nowhere in it"),
        ({"1.jpg": X, "2.jpg": X}, "directly in it"),
        ({"a/deep/1.jpg": X, "b/1.jpg": X}, "sub-folder 'deep'"),
        ({"train/a/1.jpg": X}, "train/ without its counterpart"),
        ({"test/a/1.jpg": X, "val/a/1.jpg": X}, "test/ without its counterpart"),
    ],
)
def test_layouts_that_cannot_be_read_say_what_to_do(tmp_path, files, message):
    with pytest.raises(DataError, match=message) as caught:
        read_folder(write_tree(tmp_path, files))
    assert "\n" not in str(caught.value)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DataError, match="'.*nowhere' does not exist"):
        read_folder(tmp_path / "nowhere")
