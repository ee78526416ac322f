"""Listed pictures: order, ids, frames of boxes, what is missing and what is refused."""

import numpy as np
import pytest

from data_pipelines.records import DataError
from data_pipelines.sources.listed import ListedPicture, folder_names, listing
from tests.data_pipelines.pictures import write_tree

ROWS = [
    ListedPicture("a/2.jpg", 0, "test", (3, 4, 9, 12)),
    ListedPicture("b/1.jpg", 1, "train", (3, 4, 9, 12), (24, 32)),
    ListedPicture("a/1.jpg", 0, "train", (9, 12, 3, 4)),
]


def test_order_ids_paths_and_boxes(tmp_path):
    root = write_tree(tmp_path, {row.path: None for row in ROWS})
    found = listing(tmp_path, ROWS, ("a", "b"), "set/")
    assert found.records.ids.tolist() == ["set/a/1.jpg", "set/b/1.jpg", "set/a/2.jpg"]
    assert found.records.paths[1] == f"{root}/b/1.jpg"
    assert found.split.tolist() == ["train", "train", "test"]
    by_header, by_frame = [0.25, 0.25, 0.75, 0.75], [0.125, 0.125, 0.375, 0.375]
    np.testing.assert_array_equal(found.records.boxes, [by_header, by_frame, by_header])
    assert found.notes == ("1 boxes had swapped, empty or overhanging sides and were put right",)


def test_missing_pictures_are_counted_and_a_damaged_one_is_left_to_the_audit(tmp_path):
    write_tree(tmp_path, {"a/1.jpg": b"damaged", "a/2.jpg": None})
    found = listing(tmp_path, ROWS, ("a", "b"))
    assert found.records.ids.tolist() == ["a/1.jpg", "a/2.jpg"]
    assert found.notes[0] == "1 listed pictures are not there, first 'b/1.jpg'"
    assert found.records.boxes[0].tolist() == [0, 0, 1, 1]


def test_nothing_there(tmp_path):
    with pytest.raises(DataError, match="none of the pictures"):
        listing(tmp_path, ROWS, ("a", "b"))


@pytest.mark.parametrize("path", ["../secret.jpg", "/etc/passwd", "a/../../secret.jpg"])
def test_paths_that_lead_out_are_refused(tmp_path, path):
    with pytest.raises(DataError, match="which is not inside it"):
        listing(tmp_path, [ROWS[0]._replace(path=path)], ("a",))


@pytest.mark.parametrize(
    "paths, labels, message",
    [
        (["a/1.jpg", "b/2.jpg"], [0, 0], "class 0 lies in two folders, 'a', 'b'"),
        (["a/1.jpg", "b/2.jpg"], [0, 2], "not numbered one after the other"),
    ],
)
def test_classes_and_folders_must_agree(paths, labels, message):
    with pytest.raises(DataError, match=message):
        folder_names(paths, labels)
