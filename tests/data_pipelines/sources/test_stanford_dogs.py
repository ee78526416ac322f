"""Stanford Dogs' lists and annotations: labels from 1, several dogs, another frame."""

import numpy as np
import pytest

from data_pipelines.records import DataError
from data_pipelines.sources.stanford_dogs import read_stanford_dogs
from tests.data_pipelines import published_sets as sets


@pytest.fixture
def root(tmp_path):
    return sets.write_unpacked("stanford_dogs", tmp_path)


def test_labels_parts_and_names(root):
    found = read_stanford_dogs(root)
    assert found.records.class_names == ("n01-Basset", "n02-Pug_dog")
    assert found.records.ids[0] == "Images/n01-Basset/n01_1.jpg"
    assert found.records.labels[found.where("train")].tolist() == [0, 0, 0, 1, 1]
    assert found.records.labels[found.where("test")].tolist() == [0, 1, 1]


def test_the_box_goes_around_all_dogs_in_the_frame_of_the_annotation(root):
    boxes = read_stanford_dogs(root).records.boxes
    np.testing.assert_array_equal(boxes[0], [0.25, 0.0625, 0.75, 0.75])
    np.testing.assert_array_equal(boxes[1], [0.25, 0.25, 0.75, 0.75])


def test_no_dog_or_no_frame_means_the_whole_picture(root):
    path = root / "Annotation" / "n01-Basset" / "n01_2"
    for contents in (
        sets.annotation([]),
        sets.annotation(sets.ONE_DOG).replace(b"32", b"0").replace(b">24</h", b">0</h"),
    ):
        path.write_bytes(contents)
        assert read_stanford_dogs(root).records.boxes[1].tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    "name, contents, message",
    [
        ("Annotation/n01-Basset/n01_2", None, "annotation .*n01_2' is missing"),
        ("Annotation/n01-Basset/n01_2", b"<annotation>", "annotation .*n01_2' is damaged"),
        ("Annotation/n01-Basset/n01_2", b"<annotation/>", "annotation .*n01_2' is damaged"),
        ("train_list.mat", b"<html>", "train_list.mat' is damaged"),
        (
            "train_list.mat",
            sets.mat(file_list=np.array([["a/1.jpg"], ["a/2.jpg"]], object), labels=1),
            "2 pictures and 1 labels",
        ),
    ],
)
def test_damaged_lists_are_one_line(root, name, contents, message):
    (root / name).unlink()
    if contents:
        (root / name).write_bytes(contents)
    with pytest.raises(DataError, match=message):
        read_stanford_dogs(root)
