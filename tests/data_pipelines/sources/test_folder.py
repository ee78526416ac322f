"""Class folders as people have them."""

import os

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


def test_nothing_vanishes_without_a_word(tmp_path):
    files = ["a/1.jpg", "b/1.jpg", ".c/1.jpg", "b/notes.txt", "d/notes.txt"]
    root = write_tree(tmp_path, dict.fromkeys(files, X))
    (tmp_path / "e").mkdir()
    (tmp_path / "a/gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (tmp_path / "f").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "a/pipe.jpg")
    listing = read_folder(root)
    assert listing.records.ids.tolist() == ["a/1.jpg", "b/1.jpg"]
    assert listing.notes == (
        "2 files passed over that are no pictures of a class, such as 'b/notes.txt'",
        "2 links passed over that lead nowhere, such as 'f'",
        "1 pipes or devices passed over, such as 'a/pipe.jpg'",
        "1 hidden folders passed over that hold pictures, such as '.c'",
        "2 class folders passed over that hold no pictures, such as 'd'",
    )


def test_links_to_pictures_and_to_class_folders_are_followed(tmp_path):
    write_tree(tmp_path, dict.fromkeys(["there/x.jpg", "root/a/1.jpg"], X))
    (tmp_path / "root/b").symlink_to(tmp_path / "there")
    (tmp_path / "root/a/2.jpg").symlink_to(tmp_path / "there/x.jpg")
    assert read_folder(tmp_path / "root").records.ids.tolist() == ["a/1.jpg", "a/2.jpg", "b/x.jpg"]


@pytest.mark.parametrize("parts", [("", ""), ("train/", "test/")])
def test_a_class_in_two_unicode_forms_is_one(tmp_path, parts):
    composed, apart = "caf\u00e9", "cafe\u0301"
    files = [f"{parts[0]}{composed}/1.jpg", f"{parts[1]}{apart}/2.jpg"]
    files += [f"{part}tea/{i}.jpg" for i, part in enumerate(parts)]
    listing = read_folder(write_tree(tmp_path, dict.fromkeys(files, X)))
    assert listing.records.class_names == (composed, "tea") and len(listing.records) == 4
    assert listing.notes == (f"one class in two Unicode forms of its name: {composed!r}",)


def test_a_name_in_one_form_stays_as_it_is(tmp_path):
    apart = "cafe\u0301"
    listing = read_folder(write_tree(tmp_path, dict.fromkeys([f"{apart}/1.jpg", "tea/1.jpg"], X)))
    assert listing.records.class_names == (apart, "tea") and listing.notes == ()


def test_names_that_differ_in_case_are_two_classes_and_noted(tmp_path):
    listing = read_folder(write_tree(tmp_path, dict.fromkeys(["Cats/1.jpg", "cats/2.jpg"], X)))
    assert listing.records.class_names == ("Cats", "cats")
    assert listing.notes == ("classes whose names differ in nothing but case: 'Cats', 'cats'",)


@pytest.mark.parametrize("twice", ["Train", "TEST"])
def test_a_part_that_is_there_twice_is_refused(tmp_path, twice):
    files = ["train/a/1.jpg", "test/a/1.jpg", f"{twice}/a/2.jpg"]
    with pytest.raises(DataError, match=f"has {twice}/ and {twice.lower()}/: put them together"):
        read_folder(write_tree(tmp_path, dict.fromkeys(files, X)))


@pytest.mark.parametrize(
    "name, message",
    [
        ("x.zip", "x.zip' is an archive, which is not read here: unpack it"),
        ("x.tar.gz", "is an archive"),
        ("x.txt", "is a file and no folder"),
    ],
)
def test_a_file_in_place_of_a_folder_is_told_what_it_is(tmp_path, name, message):
    (tmp_path / name).write_bytes(b"PK")
    with pytest.raises(DataError, match=message) as caught:
        read_folder(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_link_to_nowhere_is_told(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(DataError, match="link' is a link that leads nowhere"):
        read_folder(tmp_path / "link")


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DataError, match="'.*nowhere' does not exist"):
        read_folder(tmp_path / "nowhere")
