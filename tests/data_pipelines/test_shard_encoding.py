"""What a worker reads: files and records in batches, and why a picture has no code."""

import os
import shutil

import pytest
import tensorflow as tf

from data_pipelines import shard_encoding
from data_pipelines.beam_files import Listed
from data_pipelines.records import DataError
from data_pipelines.shard_encoding import encode_shard, encoder_of
from data_pipelines.shard_plan import Job, planned, tasks
from tests.data_pipelines.pictures import write_tree

BYTES = tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"picture"]))
NUMBER = tf.train.Feature(int64_list=tf.train.Int64List(value=[7]))
NOTHING = tf.train.Feature()


def example(**features):
    named = {name.replace("__", "/"): feature for name, feature in features.items()}
    return tf.train.Example(features=tf.train.Features(feature=named)).SerializeToString()


def records(path, *contents):
    with tf.io.TFRecordWriter(str(path)) as writer:
        for each in contents:
            writer.write(each)
    return path.read_bytes()


def batches(path, size=2, features=(None, None)):
    length = path.stat().st_size
    return [*shard_encoding._batches_of_records(str(path), path.name, length, size, features)]


def test_files_come_in_batches_and_order_and_those_that_are_gone_with_their_reason(tmp_path):
    write_tree(tmp_path, {name: name.encode() for name in "abcde"})
    os.unlink(tmp_path / "b")
    found = [*shard_encoding._batches_of_files(str(tmp_path), "abcde", 2)]
    assert found == [
        [("a", b"a"), ("b", "No such file or directory")],
        [("c", b"c"), ("d", b"d")],
        [("e", b"e")],
    ]
    assert [*shard_encoding._batches_of_files(str(tmp_path), "", 2)] == []


@pytest.mark.parametrize(
    "record, features, expected",
    [
        (example(image=BYTES), (None, None), ("x:0", b"picture")),
        (example(image__encoded=BYTES, image=NUMBER), (None, None), ("x:0", b"picture")),
        (example(image=BYTES, scan=NOTHING), ("scan", None), ("x:0", "no feature scan with bytes")),
        (example(image=BYTES, number=NUMBER), (None, "number"), ("7", b"picture")),
        (example(image=BYTES, name=BYTES), (None, "name"), ("picture", b"picture")),
        (example(image=BYTES), (None, "name"), ("x:0", "no feature name")),
        (example(), (None, None), ("x:0", "no feature image/encoded or image with bytes")),
        (b"\xff\xff", (None, None), ("x:0", "no tf.train.Example")),
    ],
    # Bytes of a record differ from process to process, and pytest-xdist wants the same names.
    ids=["image", "encoded", "no scan", "number", "name", "no name", "nothing", "no example"],
)
def test_the_picture_of_a_record(record, features, expected):
    assert shard_encoding._picture_of(record, "x:0", *features) == expected


def test_records_come_in_batches(tmp_path):
    records(tmp_path / "r", *[example(image=BYTES)] * 3)
    assert batches(tmp_path / "r") == [
        [("r:0", b"picture"), ("r:1", b"picture")], [("r:2", b"picture")]]  # fmt: skip
    records(tmp_path / "none")
    assert batches(tmp_path / "none") == []


@pytest.mark.parametrize("lost", [1, 20, 30, 36])
def test_a_truncated_file_of_records_is_told(tmp_path, lost):
    """TensorFlow takes the beginning of a record's header for the end of the file."""
    contents = records(tmp_path / "r", *[example(image=BYTES)] * 3)
    (tmp_path / "r").write_bytes(contents[:-lost])
    assert len(contents) // 3 > lost
    [first, [(name, why)]] = batches(tmp_path / "r")
    assert len(first) == 2 and name == "r:2"
    assert why in (
        "damaged from this record on, or no TFRecord",
        "the file ends within this record",
    )


def test_a_damaged_record_ends_the_file_and_one_that_is_gone_says_so(tmp_path):
    contents = bytearray(records(tmp_path / "r", *[example(image=BYTES)] * 3))
    contents[len(contents) // 3 + 20] ^= 1
    (tmp_path / "r").write_bytes(contents)
    assert batches(tmp_path / "r", 4) == [
        [("r:0", b"picture"), ("r:1", "damaged from this record on, or no TFRecord")]]  # fmt: skip
    (tmp_path / "text").write_text("hello")
    assert batches(tmp_path / "text") == [[("text:0", "the file ends within this record")]]
    gone = [*shard_encoding._batches_of_records(str(tmp_path / "no"), "no", 9, 2, (None, None))]
    assert gone[0][0][0] == "no:0" and "No such file" in gone[0][0][1]


class Loaded:
    bits, fingerprint = 12, "loaded"

    def __init__(self, model):
        self.model = model


def test_a_model_is_loaded_once_and_again_when_it_has_changed(tmp_path, monkeypatch):
    monkeypatch.setattr(shard_encoding, "RunEncoder", Loaded)
    write_tree(tmp_path, {"run/savedmodel/saved_model.pb": b"graph"})
    run = str(tmp_path / "run")
    first = encoder_of(run)
    assert encoder_of(run) is first
    os.utime(tmp_path / "run/savedmodel/saved_model.pb", (1, 1))
    assert encoder_of(run) is not first
    shutil.rmtree(run)
    with pytest.raises(ValueError, match="has no SavedModel"):
        encoder_of(run)


def test_a_worker_with_another_model_refuses_to_encode(tmp_path, monkeypatch):
    monkeypatch.setattr(shard_encoding, "RunEncoder", Loaded)
    write_tree(tmp_path, {"run/saved_model.pb": b"graph"})
    about = {"model": "other", "bits": 12, "batch_size": 2, "files": "pictures"}
    job = Job(str(tmp_path / "run"), str(tmp_path), str(tmp_path / "codes"), 1, about)
    plan = planned(job, [[Listed("a.jpg", 1, 1)]])
    with pytest.raises(DataError, match="is not the model that the job began with"):
        encode_shard(tasks(plan, [0])[0], job)
    assert not [*(tmp_path / "codes").glob("*.npz")]
