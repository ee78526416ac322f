"""Records travel to workers and come out as they were."""

import sys

import numpy as np
import pytest

from data_pipelines.record_shards import arguments, from_bytes, shard_of, to_bytes, work_on
from data_pipelines.records import DataError, Records
from tests.data_pipelines.pictures import encode, make_records, picture, write_tree
from tests.odd_files import NOT_UTF8


def columns_of(records):
    names = ("ids", "paths", "digests", "foreign")
    return {name: None if (c := getattr(records, name)) is None else c.tolist() for name in names}


def test_pictures_in_memory_and_in_files_come_out_as_they_were(tmp_path):
    names = [f"{NOT_UTF8}.jpg", "käse/猫.jpg", "x.webp"]
    root = write_tree(tmp_path, {names[0]: b"picture", names[2]: encode(picture("x"), "WEBP")})
    mixed = Records(
        ids=names,
        labels=[0, 2, 1],
        class_names="abc",
        paths=[f"{root}/{name}" for name in names],
        blobs=(b"", b"in memory\0\0", b""),
        digests=["1", "22", "3"],
        foreign=[False, False, True],
    )
    for records in (mixed, make_records([0, 1]), mixed.take([2])):
        there, more = from_bytes(to_bytes(records, stamps=np.array(["a\0b", ""])))
        assert columns_of(there) == columns_of(records) and there.blobs == records.blobs
        assert [there.original(i) for i in range(len(there))] == [
            records.original(i) for i in range(len(records))
        ]
        assert more["stamps"].tolist() == ["a\0b", ""]


def copy_ids(name, folder, ending):
    records, more = shard_of(name, folder)
    with open(f"{folder}/{name}{ending}", "w") as file:
        file.write(f"{records.ids.tolist()} {more['square'].tolist()}")


def test_each_shard_is_worked_on_with_its_rows(tmp_path):
    records = make_records([0] * 5)
    shards = {"one": np.array([0, 1]), "two": np.array([4])}
    options = {"beam": arguments("DirectRunner"), "square": np.arange(5) ** 2}
    work_on(shards, records, tmp_path, copy_ids, ".txt", **options)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "one.txt": "['000.png', '001.png'] [0, 1]",
        "two.txt": "['004.png'] [16]",
    }


def test_without_beam_the_line_says_what_brings_it(monkeypatch):
    assert arguments("FlinkRunner --a=b") == ["--runner=FlinkRunner", "--a=b"]
    monkeypatch.setitem(sys.modules, "apache_beam", None)
    with pytest.raises(DataError, match=r"pip install 'tfretrieval\[beam\]'"):
        arguments("DirectRunner")
