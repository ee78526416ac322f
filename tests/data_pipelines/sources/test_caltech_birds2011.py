"""CUB's lists: numbers from 1, boxes in pixels, and lists that do not fit together."""

import numpy as np
import pytest

from data_pipelines.records import DataError
from data_pipelines.sources.caltech_birds2011 import read_caltech_birds2011
from tests.data_pipelines import published_sets as sets


@pytest.fixture
def root(tmp_path):
    return sets.write_unpacked("caltech_birds2011", tmp_path) / "CUB_200_2011"


def test_labels_parts_and_names(root):
    found = read_caltech_birds2011(root)
    assert found.records.class_names == sets.SPECIES
    assert found.records.ids[0] == "CUB_200_2011/images/001.Wren/Wren_0.jpg"
    assert found.records.labels[found.where("train")].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert [name[-5] for name in found.records.ids[found.where("test")]] == ["2"] * 4


def test_boxes_are_corners_in_shares_of_the_picture(root):
    found = read_caltech_birds2011(root)
    boxes = found.records.boxes
    np.testing.assert_array_equal(boxes[0], [0.25, 0.25, 0.75, 0.75])
    np.testing.assert_array_equal(boxes[1], [0.25, 0.25, 0.75, 1.0])
    assert found.notes == ("1 boxes had swapped, empty or overhanging sides and were put right",)


@pytest.mark.parametrize(
    "name, contents, message",
    [
        ("images.txt", None, "images.txt' cannot be read"),
        ("images.txt", "1 001.Wren/Wren_0.jpg\n", "not of the same pictures"),
        ("train_test_split.txt", "{} yes\n", "a list in .* is damaged"),
        ("bounding_boxes.txt", "{} 1 2 3\n", "a list in .* is damaged"),
        ("image_class_labels.txt", "{} 1\n", "class 0 lies in two folders"),
    ],
)
def test_damaged_lists_are_one_line(root, name, contents, message):
    (root / name).unlink()
    if contents and "{}" in contents:
        contents = "".join(contents.format(i + 1) for i in range(len(sets.BIRDS)))
    if contents:
        (root / name).write_text(contents)
    with pytest.raises(DataError, match=message):
        read_caltech_birds2011(root)
