"""Columns and parts: what they refuse, how they are read, what the checksum depends on."""

import csv
import dataclasses
import io
import os

import numpy as np
import pytest
import tensorflow as tf

from data_pipelines.records import DataError, Records, RetrievalDataset, sane_boxes
from tests.data_pipelines.pictures import make_records, write_tree


def dataset(records, train=(0, 1), database=(0, 1), query=(2, 3)):
    return RetrievalDataset("set", "1", records, train, database, query)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"ids": ["a", "a", "b", "c"]}, "'a' repeats"),
        ({"labels": [0, 1, 2, 0]}, "labels must lie in 0..1"),
        ({"labels": [0, -1, 1, 0]}, "labels must lie in 0..1"),
        ({"labels": [0, 1]}, "labels has 2 rows for 4 ids"),
        ({"labels": [[1, 0], [0, 0], [1, 1], [0, 1]]}, "a 1 in every row"),
        ({"boxes": [[0.5, 0.0, 0.4, 1.0]] * 4}, "ymin < ymax"),
        ({"boxes": [[0.0, 0.0, 1.1, 1.0]] * 4}, "in .0, 1."),
        ({"boxes": [[np.nan, 0.0, 1.0, 1.0]] * 4}, "boxes must be"),
        ({"domains": [0, 1, 2, 0]}, "domains must be"),
        ({"blobs": None}, "needs a path or its bytes"),
        ({"labels": [0, 2**32, 1, 0]}, "labels must lie in 0..1"),
        (
            {"labels": np.array([0, 2**63, 1, 0], np.uint64)},
            "whole numbers .* got 9223372036854775808",
        ),
        ({"labels": [0, np.nan, 1, 0]}, "labels must be whole numbers within int64, got nan"),
        ({"labels": [0, np.inf, 1, 0]}, "labels must be whole numbers .* got inf"),
        ({"labels": [0, 0.5, 1, 0]}, "labels must be whole numbers .* got 0.5"),
        ({"labels": [0, None, 1, 0]}, "labels must be whole numbers .* got None"),
        ({"labels": [0, 2**70, 1, 0]}, "labels must be whole numbers"),
        ({"labels": ["0", "1", "1", "0"]}, "labels must be whole numbers"),
        ({"labels": [[1, 0], [0, 257], [1, 1], [0, 1]]}, "must be 0 or 1"),
        ({"labels": [[1, 0], [0.5, 1], [1, 1], [0, 1]]}, "whole numbers"),
        ({"domains": [0, 2**32, 1, 0]}, "domains must be 0"),
        ({"domains": [0, 0.5, 1, 0]}, "domains must be whole"),
        ({"ids": ["a", "a\0", "b", "c"]}, "ids must not hold NUL"),
        ({"ids": np.array(["a", "a\0b", "b", "c"])}, "ids must not hold NUL"),
        ({"ids": ["a", None, "b", "c"]}, "ids must be text, got None"),
        ({"ids": np.array(["a", np.nan, "b", "c"], object)}, "ids must be text, got nan"),
        ({"blobs": None, "paths": ["a", "b\0", "c", "d"]}, "paths must not hold NUL"),
        ({"blobs": (b"x", b"", b"x", b"x")}, "needs a path or its bytes"),
    ],
)
def test_records_refuse(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(make_records([0, 1, 0, 1]), **change)


class Column:
    """As a column of pandas: an index that is not 0, 1, 2, and values as an array of objects."""

    def __init__(self, values):
        self.values = np.array(values, object)

    def __len__(self):
        return len(self.values)

    def __array__(self, dtype=None, copy=None):
        return self.values.astype(dtype) if dtype else self.values


def test_columns_of_a_data_frame_are_taken_as_lists_are():
    given = make_records([0, 1, 0, 1])
    taken = dataclasses.replace(
        given,
        ids=Column(given.ids.tolist()),
        labels=Column([0, 1, 0, 1]),
        domains=Column([1.0] * 4),
    )
    assert taken.ids.tolist() == given.ids.tolist() and taken.labels.dtype == np.int32
    assert dataset(taken, *map(Column, ([0, 1], [0, 1], [2, 3]))).query.tolist() == [2, 3]
    assert taken.take(Column([3])).ids.tolist() == ["003.png"]


def test_ids_may_be_numbers_of_any_size():
    ids = np.array([0, 2**63, 2**64 - 1, 5], np.uint64)
    taken = dataclasses.replace(make_records([0, 1, 0, 1]), ids=ids)
    assert taken.ids.tolist() == ["0", "9223372036854775808", "18446744073709551615", "5"]


@pytest.mark.parametrize("wrong", [[0, 0.5], [0, np.nan], np.array([0, 2**63], np.uint64)])
def test_indices_that_are_no_whole_numbers_are_refused(wrong):
    with pytest.raises(ValueError, match="train must be whole numbers"):
        dataset(make_records([0, 1, 0, 1]), train=wrong)
    with pytest.raises(ValueError, match="indices must be whole numbers"):
        make_records([0, 1]).take(wrong)


@pytest.mark.parametrize(
    "parts, message",
    [
        ({"query": []}, "no query pictures"),
        ({"train": [0, 4]}, "train indices must lie in 0..3"),
        ({"train": [0, 0]}, "names a picture twice"),
        ({"train": [0, 2]}, "train and query must not share"),
        ({"database": [0, 1, 2]}, "either no query or every query"),
    ],
)
def test_parts_refuse(parts, message):
    with pytest.raises(DataError, match=message):
        dataset(make_records([0, 1, 0, 1]), **parts)


def test_leave_one_out_is_allowed():
    assert len(dataset(make_records([0, 1, 0, 1]), database=[2, 3, 1]).query) == 2


def test_take_carries_every_column_along():
    records = make_records(
        [0, 1, 2], domains=[0, 1, 1], boxes=[[0, 0, 0.5, 1], [0, 0, 1, 1]] * 1 + [[0, 0, 1, 0.5]]
    )
    taken = records.take([2, 0])
    assert taken.ids.tolist() == ["002.png", "000.png"]
    assert taken.labels.tolist() == [2, 0] and taken.class_names == records.class_names
    assert taken.domains.tolist() == [1, 0] and taken.boxes[0].tolist() == [0, 0, 1, 0.5]
    assert taken.blobs == (records.blobs[2], records.blobs[0])


def test_membership_is_the_same_table_for_both_kinds_of_labels():
    one = make_records([1, 0])
    many = make_records([[0, 1], [1, 0]])
    assert many.multi_label and not one.multi_label
    np.testing.assert_array_equal(one.membership, many.membership)


@pytest.mark.parametrize("labels", [[1, 0, 1, 3], [[0, 1, 0], [1, 1, 0], [0, 1, 0]]])
def test_counts_and_who_shows_are_those_of_the_membership(labels):
    records = make_records(labels)
    classes = np.arange(records.num_classes) < 1
    for indices in (slice(None), np.array([2, 0]), np.array([], int)):
        part = records.membership[indices]
        np.testing.assert_array_equal(records.class_counts(indices), part.sum(0))
        np.testing.assert_array_equal(records.showing(classes, indices), (part & classes).any(1))


def test_a_pipe_is_no_picture_and_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "a.jpg")
    records = Records(["a"], [0], ("x",), paths=[str(tmp_path / "a.jpg")])
    with pytest.raises(OSError, match="not a regular file"):
        records.read(0)


def test_reader_gives_the_bytes_of_files_of_memory_and_of_both(tmp_path):
    root = write_tree(tmp_path, {"a b.jpg": b"file a", "ü.jpg": b"file u"})
    both = Records(
        ids=["a", "u"],
        labels=[0, 1],
        class_names=("x", "y"),
        paths=[f"{root}/a b.jpg", f"{root}/ü.jpg"],
        blobs=(b"", b"memory u"),
    )
    for records, expected in [
        (both, [b"file a", b"memory u"]),
        (dataclasses.replace(both, blobs=None), [b"file a", b"file u"]),
        (dataclasses.replace(both, paths=None, blobs=(b"1", b"2")), [b"1", b"2"]),
    ]:
        assert [records.read(i) for i in range(2)] == expected
        read = records.reader()
        assert [read(i).numpy() for i in range(2)] == expected
        assert list(tf.data.Dataset.range(2).map(read).as_numpy_iterator()) == expected


def test_checksum_depends_on_content_and_parts_only(tmp_path):
    records = make_records([0, 1, 0, 1])
    reference = dataset(records).checksum()
    assert dataset(records.take(range(4))).checksum() == reference
    in_files = write_tree(
        tmp_path, {name: blob for name, blob in zip(records.ids, records.blobs, strict=True)}
    )
    paths = [f"{in_files}/{name}" for name in records.ids]
    assert dataset(dataclasses.replace(records, blobs=None, paths=paths)).checksum() == reference
    others = [
        dataset(records, train=[0]),
        dataset(dataclasses.replace(records, labels=[0, 1, 1, 1])),
        dataset(dataclasses.replace(records, ids=["a", "b", "c", "d"])),
        dataset(dataclasses.replace(records, blobs=records.blobs[::-1])),
        dataset(dataclasses.replace(records, boxes=[[0, 0, 1, 1]] * 4)),
    ]
    assert len({reference, *(other.checksum() for other in others)}) == 6


def test_parts_csv_lists_every_picture():
    lines = dataset(make_records([0, 1, 0, 1])).parts_csv().splitlines()
    assert lines[0] == "id,train,database,query"
    assert lines[1] == '"000.png",1,1,0' and lines[3] == '"002.png",0,0,1'


def test_parts_can_be_written_whatever_the_names_hold():
    names = ['say "a",.jpg', "bad\udcff.jpg", "new\nline.jpg", "$x$.jpg"]
    text = dataset(dataclasses.replace(make_records([0, 1, 0, 1]), ids=names)).parts_csv()
    rows = list(csv.reader(io.StringIO(text.encode().decode(), newline="")))
    assert [row[0] for row in rows[1:]] == [names[0], "bad\\udcff.jpg", *names[2:]]


def test_boxes_are_put_right():
    given = [
        [0.75, 0.25, 0.5, 0.5],
        [-1, 0, 2, 1],
        [0.25, 0, 0.25, 1],
        [np.nan, 0, 1, 1],
        [0, 0, 0.5, 1],
    ]
    boxes, changed = sane_boxes(np.array(given))
    expected = [[0.5, 0.25, 0.75, 0.5], [0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 0.5, 1]]
    np.testing.assert_array_equal(boxes, np.array(expected, np.float32))
    assert changed == 4


def test_pictures_left_for_later_are_fetched_in_one_go():
    asked = []

    def later(ids):
        asked.append(ids.tolist())
        return [name.encode() for name in ids]

    records = Records(ids=["a", "b", "c"], labels=[0, 1, 0], class_names=("x", "y"), later=later)
    fetched = records.take([2, 0]).fetched()
    assert asked == [["c", "a"]] and fetched.blobs == (b"c", b"a")
    assert fetched.fetched() is fetched
