"""The lists of Cars196: labels and pixels from 1, swapped corners, two places for test labels."""

import numpy as np
import pytest

from data_pipelines.records import DataError
from data_pipelines.sources.cars196 import TEST_LABELS, read_cars196
from tests.data_pipelines import published_sets as sets


@pytest.fixture
def root(tmp_path):
    return sets.write_unpacked("cars196", tmp_path)


def test_labels_parts_and_names(root):
    found = read_cars196(root)
    assert found.records.class_names == ("AM General Hummer", "Acura RL", "Audi A5")
    assert found.records.ids[0] == "cars_train/00001.jpg"
    assert found.records.labels[found.where("train")].tolist() == [0, 0, 1, 1, 2]
    assert found.records.labels[found.where("test")].tolist() == [0, 2, 2, 2]


def test_boxes_count_pixels_from_1_and_swapped_corners_are_put_right(root):
    found = read_cars196(root)
    np.testing.assert_array_equal(found.records.boxes[0], [0.25, 0.25, 0.75, 0.75])
    # 12 and 5 the wrong way round: one pixel off on either side, which nobody can know better
    np.testing.assert_array_equal(found.records.boxes[1], [0.25, 5 / 16, 0.75, 11 / 16])
    assert found.notes == ("2 boxes had swapped, empty or overhanging sides and were put right",)


def test_test_labels_may_lie_in_devkit(root):
    expected = read_cars196(root).records
    (root / TEST_LABELS).rename(root / "devkit" / TEST_LABELS)
    assert read_cars196(root).records.ids.tolist() == expected.ids.tolist()


@pytest.mark.parametrize(
    "name, contents, message",
    [
        (TEST_LABELS, None, f"{TEST_LABELS}' is missing"),
        (TEST_LABELS, sets.mat(annotations=np.arange(3)), "is damaged: boxes, class and fname"),
        ("devkit/cars_meta.mat", b"", "cars_meta.mat' is damaged"),
        (
            "devkit/cars_meta.mat",
            sets.mat(class_names=np.array([["one", "two"]], object)),
            "a class that is not in 1..2",
        ),
    ],
)
def test_damaged_lists_are_one_line(root, name, contents, message):
    (root / name).unlink()
    if contents is not None:
        (root / name).write_bytes(contents)
    with pytest.raises(DataError, match=message):
        read_cars196(root)
