"""Beam gives the bits of one machine, whatever the shards, and goes on where it was killed."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from data_pipelines import beam_files, beam_run, encode
from data_pipelines.code_shards import load
from data_pipelines.records import DataError
from tests.data_pipelines.disk_system import DiskSystem
from tests.data_pipelines.pictures import encode as encoded
from tests.data_pipelines.pictures import picture, write_tree
from tests.odd_files import NOT_UTF8
from tfretrieval.encoders import RunEncoder
from tfretrieval.encoders.indexing import index_folder
from tfretrieval.export import export_encoder
from tfretrieval.search import FaissIndex, HammingIndex, PictureIndex

NAMES = ("[a]*?.jpg", "käse/猫.jpg", "new\nline.png", f"{NOT_UTF8}.jpg", "wren/1.jpg", "wren/2.jpg",
         "wren/x.WEBP", "top.jpeg")  # fmt: skip
WHY = "truncated or damaged"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A model that is small, so that it is soon exported and loaded."""
    tf.keras.utils.set_random_seed(0)
    image = tf.keras.Input((32, 32, 3))
    maps = tf.keras.layers.Conv2D(8, 8, strides=8)(tf.keras.layers.Rescaling(0.01, -1.2)(image))
    codes = tf.keras.layers.Dense(12)(tf.keras.layers.Flatten()(maps))
    folder = tmp_path_factory.mktemp("run")
    export_encoder(tf.keras.Model(image, codes), folder / "savedmodel", 32)
    return folder


@pytest.fixture
def another(run, tmp_path):
    """A model of another fingerprint, which takes no second export."""
    folder = Path(shutil.copytree(run, tmp_path / "another"))
    (folder / "savedmodel/variables/variables.more").write_bytes(b"weights")
    return folder


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Eight that can be read, one that cannot."""
    root = tmp_path_factory.mktemp("pictures")
    write_tree(root, {name: encoded(picture(str(i))) for i, name in enumerate(NAMES)})
    write_tree(
        root, {"cut.jpg": encoded(picture("c", 200, 200))[:400], "notes.txt": b"", ".h.jpg": b""}
    )
    (root / "wren/x.WEBP").write_bytes(encoded(picture("x"), "WEBP"))
    return root


@pytest.fixture(scope="module")
def finished(tmp_path_factory, run, pictures):
    """Five batches of two in three shards."""
    folder = tmp_path_factory.mktemp("finished") / "codes"
    encode.encode(run, pictures, folder, batch_size=2, shards=3)
    return folder


@pytest.fixture
def codes(finished, tmp_path):
    return Path(shutil.copytree(finished, tmp_path / "codes"))


@pytest.fixture
def calls(monkeypatch):
    """How many pictures each call of the model was given."""
    counted = []
    plain = RunEncoder._encode

    def encode_and_count(self, contents, sketches):
        counted.append(len(contents))
        return plain(self, contents, sketches)

    monkeypatch.setattr(RunEncoder, "_encode", encode_and_count)
    return counted


def again(run, pictures, out, **options):
    return encode.encode(run, pictures, out, **{"batch_size": 2, "shards": 3} | options)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".lock"}


def test_codes_are_those_of_the_index_of_one_machine(finished, run, pictures, tmp_path):
    encoder = RunEncoder(run)
    about = encoder.bits, encoder.dimensions, encoder.fingerprint, encoder.described()
    index = PictureIndex.create(tmp_path / "index", pictures, *about)
    done = index_folder(index, encoder, batch_size=2)
    packed, ids = load(finished).arrays()
    assert ids.tolist() == [picture.name for picture in index.pictures] == sorted(NAMES)
    np.testing.assert_array_equal(packed, index.codes)
    assert len(np.unique(packed, axis=0)) == 8
    assert load(finished).not_read == done.unreadable == {"cut.jpg": WHY}
    assert load(finished).model == encoder.fingerprint


def test_codes_are_those_of_the_signature(finished, run, pictures):
    model = tf.saved_model.load(str(run / "savedmodel"))
    packed, ids = load(finished).arrays()
    for code, name in zip(packed, ids.tolist(), strict=True):
        if not name.endswith("WEBP"):
            content = tf.constant([(pictures / name).read_bytes()])
            np.testing.assert_array_equal(
                code, model.signatures["encode_bytes"](contents=content)["packed"][0]
            )


def test_the_manifest_tells_all_and_numpy_reads_the_rest(finished):
    manifest = json.loads((finished / "manifest.json").read_text())
    assert (manifest["codes"], manifest["bits"], manifest["not_read"]) == (8, 12, {"cut.jpg": WHY})
    assert [(each["codes"], each["not_read"]) for each in manifest["shards"]] == [
        (2, 0), (3, 1), (3, 0)]  # fmt: skip
    columns = [np.load(finished / each["file"]) for each in manifest["shards"]]
    assert np.concatenate([each["ids"] for each in columns]).tolist() == sorted(NAMES)
    assert all(each["packed"].shape == (len(each["ids"]), 2) for each in columns)


@pytest.mark.parametrize("shards", [1, 100])
def test_another_number_of_shards_is_another_cut_of_the_same_codes(
    finished, run, pictures, tmp_path, shards
):
    done = again(run, pictures, tmp_path / "codes", shards=shards)
    assert len(done.shards) == min(shards, 5)
    for one, other in zip(load(tmp_path / "codes").arrays(), load(finished).arrays(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_is_whole_is_not_encoded_again(run, pictures, codes, calls):
    before = contents(codes)
    done = again(run, pictures, codes)
    assert (
        not calls
        and done.wanted == []
        and str(done).startswith("8 codes of 12 bits in 3 shards; 3")
    )
    assert contents(codes) == before


def test_a_shard_that_is_gone_or_damaged_is_encoded_again_and_no_other(
    run, pictures, codes, finished, calls, capsys
):
    damaged = codes / "codes-00002-of-00003.npz"
    content = bytearray(damaged.read_bytes())
    content[60] ^= 1
    damaged.write_bytes(content)
    with pytest.raises(DataError, match="does not have its checksum; run python -m"):
        load(codes).arrays()
    (codes / "codes-00000-of-00003.npz").unlink()
    done = again(run, pictures, codes)
    assert done.wanted == [0, 2] and sum(calls) == 5
    assert contents(codes) == contents(finished)
    told = capsys.readouterr().err
    assert "codes-00002-of-00003.npz does not have its checksum: encoded again" in told
    assert "codes-00000-of-00003.npz: 2 codes, " in told and "-00001-" not in told


def test_killed_half_way_it_goes_on_to_the_same_files(
    run, pictures, finished, tmp_path, monkeypatch, capsys
):
    plain, written = beam_files.write, []

    def killed(path, contents):
        if path.endswith("npz"):
            written.append(path)
            if len(written) == 2:
                Path(f"{path}{beam_files.ASIDE}1").write_bytes(contents[:100])
                raise KeyboardInterrupt
        plain(path, contents)

    with monkeypatch.context() as patch:
        patch.setattr(beam_files, "write", killed)
        usual = ["--model", str(run), "--images", str(pictures), "--out", str(tmp_path / "codes")]
        assert encode.main([*usual, "--batch-size", "2", "--shards", "3"]) == 130
    assert "the same command goes on from here" in capsys.readouterr().err
    with pytest.raises(DataError, match="has no manifest.json"):
        load(tmp_path / "codes")
    [first] = (tmp_path / "codes").glob("*.npz")
    time = first.stat().st_mtime_ns
    done = again(run, pictures, tmp_path / "codes")
    assert len(done.wanted) == 2 and first.stat().st_mtime_ns == time
    assert contents(tmp_path / "codes") == contents(finished)


def test_a_picture_that_has_changed_is_encoded_again_with_its_shard(run, pictures, codes, tmp_path):
    others = Path(shutil.copytree(pictures, tmp_path / "pictures"))
    done = again(run, others, codes)
    assert done.wanted == []  # a copy with its times is the same
    (others / "wren/2.jpg").write_bytes(encoded(picture("other", 30, 30)))
    before, ids = load(codes).arrays()
    assert again(run, others, codes).wanted == [2]
    changed = (load(codes).arrays()[0] != before).any(axis=1)
    assert ids[changed].tolist() == ["wren/2.jpg"]


def test_other_codes_are_refused_before_anything_is_encoded(
    run, another, pictures, codes, calls, capsys
):
    before = contents(codes)
    refused = {
        "holds codes of another model: choose another --out": ["--model", str(another)],
        "was begun with batch_size 2, not 4": ["--batch-size", "4"],
        "was begun with shards 3, not 2": ["--shards", "2"],
        "'new\\nline.png' is gone": ["--images", f"{pictures}/**/*.jpg"],
    }
    usual = ["--model", str(run), "--images", str(pictures), "--out", str(codes),
             "--batch-size", "2", "--shards", "3"]  # fmt: skip
    for told, arguments in refused.items():
        assert encode.main([*usual, *arguments]) == 2
        [line] = capsys.readouterr().err.splitlines()
        assert line.startswith("error: ") and told in line
    assert contents(codes) == before and not calls


def test_a_shard_of_another_model_is_refused_where_the_plan_is_gone(another, pictures, codes):
    (codes / "plan.jsonl").unlink()
    before = contents(codes)
    with pytest.raises(DataError, match="is of another model"):
        again(another, pictures, codes)
    assert before.items() <= contents(codes).items()


@pytest.mark.parametrize(
    "arguments, told",
    [
        (["--images", "nothing/*.jpg"], "no pictures: nothing/*.jpg finds none"),
        (["--images", "."], "--tfrecord reads TFRecords"),
        (["--model", "no"], "no has no SavedModel"),
        (["--out", "full"], "full holds 'letter.txt', which is no codes"),
        (["--tfrecord", "--shards", "2"], "leave --shards out"),
        (["--id-feature", "id"], "give --tfrecord"),
        (["--images", "gs://nowhere/*.jpg"], "apache-beam[gcp]"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    run, pictures, tmp_path, monkeypatch, capsys, arguments, told
):
    monkeypatch.chdir(tmp_path)
    write_tree(tmp_path, {"full/letter.txt": b"dear"})
    usual = ["--model", str(run), "--images", str(pictures), "--out", "new"]
    assert encode.main([*usual, *arguments]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ") and told in line
    assert not (tmp_path / "new").exists() or not contents(tmp_path / "new")


@pytest.mark.parametrize("options", [{"batch_size": 0}, {"shards": 0}])
def test_numbers_below_one_are_refused(run, pictures, tmp_path, options):
    with pytest.raises(ValueError, match="must be at least 1, got 0"):
        encode.encode(run, pictures, tmp_path / "codes", **options)


def test_without_beam_the_line_says_what_brings_it(run, pictures, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "apache_beam", None)
    out = tmp_path / "codes"
    assert encode.main(["--model", str(run), "--images", str(pictures), "--out", str(out)]) == 2
    assert "pip install 'tfretrieval[beam]'" in capsys.readouterr().err and not out.exists()


def test_pictures_none_of_which_can_be_read_are_an_error(run, tmp_path):
    write_tree(tmp_path / "pictures", {"a.jpg": b"", "b.jpg": b"text"})
    with pytest.raises(DataError, match="none of 2 pictures can be read, first a.jpg: no known"):
        encode.encode(run, tmp_path / "pictures", tmp_path / "codes")
    assert not (tmp_path / "codes/manifest.json").exists()


def test_the_command_hands_beam_its_own_options(run, pictures, tmp_path, monkeypatch, capsys):
    fetched = []
    monkeypatch.setattr(
        "apache_beam.runners.portability.prism_runner.PrismRunner.run_pipeline",
        lambda *_: fetched.append(1),
    )
    seen = []
    plain = beam_run.options
    monkeypatch.setattr(beam_run, "options", lambda given: seen.append(plain(given)) or seen[-1])
    monkeypatch.chdir(pictures)
    code = encode.main(
        [
            "--model",
            str(run),
            "--images",
            "wren/*.jpg",
            "--out",
            str(tmp_path / "codes"),
            "--",
            "--direct_num_workers=2",
            "--direct_running_mode=multi_threading",
        ]  # fmt: skip
    )
    assert code == 0 and not fetched
    assert "2 codes of 12 bits in 1 shards; 1 encoded in" in capsys.readouterr().out
    assert load(tmp_path / "codes").arrays()[1].tolist() == ["1.jpg", "2.jpg"]
    assert seen[0].get_all_options()["direct_num_workers"] == 2
    chosen = plain(["--runner=FlinkRunner", "--flink_master=host:8081"]).get_all_options()
    assert (chosen["runner"], chosen["flink_master"]) == ("FlinkRunner", "host:8081")


def test_files_of_another_address_are_read_and_written_through_beam(
    run, pictures, finished, tmp_path
):
    shutil.copytree(pictures, tmp_path / "pictures")
    with DiskSystem.at(tmp_path):
        done = again(run, "disk://pictures", "disk://codes/")
        assert len(done.shards) == 3 and done.not_read == {"cut.jpg": WHY}
        (tmp_path / "codes/codes-00001-of-00003.npz").unlink()
        assert again(run, "disk://pictures", "disk://codes").wanted == [1]
    for one, other in zip(load(tmp_path / "codes").arrays(), load(finished).arrays(), strict=True):
        np.testing.assert_array_equal(one, other)


def example(**features):
    """A tf.train.Example of bytes."""
    made = {
        name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
        for name, value in features.items()
    }
    return tf.train.Example(features=tf.train.Features(feature=made)).SerializeToString()


def test_tfrecords_are_a_shard_each(run, pictures, finished, tmp_path):
    names = ["top.jpeg", "cut.jpg", "wren/1.jpg", "wren/2.jpg"]
    files = [(pictures / name).read_bytes() for name in names]
    given = dict(zip(names, files, strict=True))
    for number, part in enumerate((names[:3], names[3:])):
        path = str(tmp_path / f"birds.tfrecord-{number:05d}-of-00002")
        with tf.io.TFRecordWriter(path) as writer:
            for name in part:
                writer.write(example(image=given[name], id=name.encode()))
    (tmp_path / "features.json").write_text("{}")
    options = {"tfrecord": True, "shards": None}
    again(run, tmp_path, tmp_path / "a", id_feature="id", **options)
    again(run, f"{tmp_path}/*.tfrecord*", tmp_path / "b", **options)
    packed, ids = load(tmp_path / "a").arrays()
    assert ids.tolist() == ["top.jpeg", "wren/1.jpg", "wren/2.jpg"]
    all_packed, all_ids = load(finished).arrays()
    np.testing.assert_array_equal(packed, all_packed[np.isin(all_ids, ids)][[0, 1, 2]])
    assert [len(part) for part, _ in load(tmp_path / "a")] == [2, 1]
    assert load(tmp_path / "b").arrays()[1].tolist() == [
        "birds.tfrecord-00000-of-00002:0", "birds.tfrecord-00000-of-00002:2",
        "birds.tfrecord-00001-of-00002:0"]  # fmt: skip
    assert load(tmp_path / "b").not_read == {"birds.tfrecord-00000-of-00002:1": WHY}


def test_codes_go_into_an_index_shard_by_shard(finished):
    codes = load(finished)
    indexes = HammingIndex(16), FaissIndex(16)
    for index in indexes:
        for packed, ids in codes:
            index.add(packed, ids)
    packed, ids = codes.arrays()
    whole = HammingIndex.over(packed, codes.bits, ids)
    expected = whole.search(packed[:3], k=4)
    for index in indexes:
        for found, wanted in zip(index.search(packed[:3], k=4), expected, strict=True):
            np.testing.assert_array_equal(found, wanted)
