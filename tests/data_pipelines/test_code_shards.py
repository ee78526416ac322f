"""Files of codes: read back as written, in order, and refused where they are not whole."""

import hashlib
import json

import numpy as np
import pytest

from data_pipelines.code_shards import Shard, Summary, load, manifest_of, shard_name
from data_pipelines.records import DataError
from tests.odd_files import NOT_UTF8

ABOUT = {"bits": 12, "model": "m"}


def shard(count, first=0, not_read=None, about=ABOUT):
    packed = np.arange(2 * count, dtype=np.uint8).reshape(count, 2) << 4
    ids = np.array([f"{first + i}.jpg" for i in range(count)], str)
    return Shard(packed, ids, not_read or {}, about)


@pytest.fixture
def folder(tmp_path):
    """Three shards, the second of which is empty."""
    shards = [shard(3), shard(0, not_read={"bad.jpg": "damaged"}), shard(2, first=3)]
    summaries = []
    for number, each in enumerate(shards):
        contents = each.contents()
        (tmp_path / shard_name(number, 3)).write_bytes(contents)
        summaries.append(Summary.of(each, contents))
    (tmp_path / "manifest.json").write_bytes(manifest_of(ABOUT, "PICTURES", summaries))
    return tmp_path


def test_a_shard_is_read_back_with_odd_names_and_the_same_bytes():
    names = [NOT_UTF8, "猫/new\nline.jpg", "[a]*?.jpg"]
    first = Shard(np.zeros((3, 2), np.uint8), np.array(names), {NOT_UTF8 + "x": "käse"}, ABOUT)
    again = Shard.of(first.contents(), "x.npz")
    assert again.ids.tolist() == names and again.not_read == first.not_read
    assert again.about == ABOUT and again.contents() == first.contents()
    np.testing.assert_array_equal(again.packed, first.packed)


def test_a_shard_without_codes_has_their_width():
    again = Shard.of(
        Shard(np.empty((0, 2), np.uint8), np.array([], str), {}, ABOUT).contents(), "x"
    )
    assert again.packed.shape == (0, 2) and len(again.ids) == 0


def test_a_byte_that_has_changed_in_a_column_is_seen():
    contents = shard(200).contents()
    missed = 0
    for place in range(0, len(contents), 7):
        damaged = bytearray(contents)
        damaged[place] ^= 0xFF
        try:
            found = Shard.of(bytes(damaged), "x.npz")
        except DataError as error:
            assert str(error).startswith("x.npz is no shard of codes or damaged")
        else:
            # Headers of the container hold times and the like, which nobody reads.
            missed += 1
            np.testing.assert_array_equal(found.packed, shard(200).packed)
            assert found.ids.tolist() == shard(200).ids.tolist() and found.about == ABOUT
    assert missed < len(contents) // 14


@pytest.mark.parametrize(
    "columns",
    [
        {"about": "{}"},
        {"about": "[1]"},
        {"ids": np.arange(3)},
        {"ids": np.array(["a"])},
        {"packed": np.zeros((3, 1), np.uint8)},
        {"packed": np.full((3, 2), 255, np.uint8)},
        {"ids": np.array(["a", None, "c"], object)},
    ],
)
def test_another_file_of_arrays_is_refused(tmp_path, columns):
    given = {"packed": np.zeros((3, 2), np.uint8), "ids": np.array([*"abc"]),
             "not_read": np.empty((0, 2), str), "about": json.dumps(ABOUT)}  # fmt: skip
    np.savez(tmp_path / "x.npz", **{**given, **columns})
    with pytest.raises(DataError, match="x.npz is no shard"):
        Shard.of((tmp_path / "x.npz").read_bytes(), "x.npz")


def test_a_folder_is_read_shard_by_shard_and_at_once(folder):
    codes = load(folder)
    assert (len(codes), codes.bits, codes.model) == (5, 12, "m")
    assert codes.not_read == {"bad.jpg": "damaged"}
    assert [ids.tolist() for _, ids in codes] == [
        ["0.jpg", "1.jpg", "2.jpg"], [], ["3.jpg", "4.jpg"]]  # fmt: skip
    packed, ids = codes.arrays()
    assert ids.tolist() == [f"{i}.jpg" for i in range(5)]
    np.testing.assert_array_equal(packed, np.concatenate([part for part, _ in codes]))


def test_a_shard_that_is_gone_or_another_is_refused(folder):
    last = folder / shard_name(2, 3)
    last.write_bytes(shard(2, first=8).contents())
    with pytest.raises(DataError, match="codes-00002-of-00003.npz does not have its checksum; run"):
        load(folder).arrays()
    last.unlink()
    with pytest.raises(DataError, match="codes-00002-of-00003.npz: No such file or directory; run"):
        [*load(folder)]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2}', '{"format": 1, "shards": 3}'])
def test_a_damaged_manifest_is_refused(folder, text):
    (folder / "manifest.json").write_text(text)
    with pytest.raises(DataError, match="manifest.json cannot be read"):
        load(folder)


def test_a_folder_without_a_manifest_is_not_done(tmp_path):
    with pytest.raises(DataError, match="has no manifest.json: no codes, or they are not done"):
        load(tmp_path)


def test_the_manifest_counts_and_has_the_checksums(folder):
    told = json.loads((folder / "manifest.json").read_text())
    assert (told["codes"], told["images"], told["bits"]) == (5, "PICTURES", 12)
    for each in told["shards"]:
        contents = (folder / each["file"]).read_bytes()
        assert each["sha256"] == hashlib.sha256(contents).hexdigest()
