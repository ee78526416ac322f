import os
import pickle
import shutil
import struct
import zipfile

import ml_dtypes
import numpy as np
import pytest

from tests.backbones.torch_save import START, save_old
from tests.golden_files import FOLDER
from tfretrieval.backbones import WeightsError
from tfretrieval.backbones.torch_file import read_torch_file

FORMATS = pytest.mark.parametrize("name", ["torch_old.pth", "torch_zip.pth"])
# Of tensors that hold 0, 1 and 100.
TYPES = {
    "half": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
    "double": np.float64,
    "int8": np.int8,
    "uint8": np.uint8,
    "int16": np.int16,
    "int32": np.int32,
    "int64": np.int64,
    "bool": np.bool_,
}


def refusal(path) -> str:
    with pytest.raises(WeightsError) as error:
        read_torch_file(path)
    message = str(error.value)
    assert "\n" not in message and str(path) in message
    return message


@FORMATS
def test_every_kind_of_tensor_that_torch_wrote_is_read(name):
    arrays = read_torch_file(FOLDER / name)
    numbers = np.arange(24, dtype=np.float32) / 8
    expected = {
        "conv.weight": numbers.reshape(2, 3, 4),
        "turned": numbers.reshape(4, 6).T,
        "part": numbers[5:11:2],
        **{key: np.array([0, 1, 100]).astype(dtype) for key, dtype in TYPES.items()},
        "scalar": np.array(7),
        "empty": np.zeros([0, 3], np.float32),
    }
    assert list(arrays) == list(expected)
    for key, array in arrays.items():
        assert array.dtype == expected[key].dtype, key
        np.testing.assert_array_equal(array, expected[key], strict=True)


@FORMATS
def test_a_file_cut_anywhere_is_refused(name, tmp_path):
    content, path = (FOLDER / name).read_bytes(), tmp_path / name
    for length in [*range(0, len(content), 29), len(content) - 1]:
        path.write_bytes(content[:length])
        message = refusal(path)
        if length > 2:
            assert "is cut short or damaged" in message


@FORMATS
def test_damaged_bytes_are_refused_or_read_and_nothing_else_happens(name, tmp_path):
    content, path = (FOLDER / name).read_bytes(), tmp_path / name
    refused, generator = 0, np.random.default_rng(0)
    for _ in range(200):
        damaged = bytearray(content)
        for place in generator.integers(0, len(content), 3):
            damaged[place] = generator.integers(256)
        path.write_bytes(damaged)
        try:
            read_torch_file(path)
        except WeightsError:
            refused += 1
    assert refused > 50


class Called:
    def __reduce__(self):
        return os.mkdir, ("called",)


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("packing", ["old", "zip"])
def test_a_function_is_named_and_not_called(tmp_path, monkeypatch, protocol, packing):
    monkeypatch.chdir(tmp_path)
    path, held = tmp_path / "net.pth", pickle.dumps({"weight": Called()}, protocol)
    if packing == "old":
        path.write_bytes(START + held)
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("net/data.pkl", held)
    message = refusal(path)
    assert f"holds '{os.mkdir.__module__}.mkdir', and only a dict of tensors is read" in message
    assert not (tmp_path / "called").exists()


@pytest.mark.parametrize(
    ("held", "named"),
    [
        ({"epoch": 3, "state_dict": {}}, "'epoch', a value of type int"),
        ({"state_dict": {}}, "'state_dict', a value of type dict"),
        ([1, 2], "[1, 2]"),
    ],
)
def test_what_is_no_dict_of_tensors_is_named(tmp_path, held, named):
    path = tmp_path / "net.pth"
    path.write_bytes(START + pickle.dumps(held, 2) + pickle.dumps([], 2))
    assert f"holds {named}, and only" in refusal(path)


def test_an_ordinary_pickle_an_ordinary_zip_and_text_are_not_torch_s(tmp_path):
    (tmp_path / "plain.pth").write_bytes(pickle.dumps({"a": 1}, 2))
    assert "a pickle that is not torch's" in refusal(tmp_path / "plain.pth")
    with zipfile.ZipFile(tmp_path / "zip.pth", "w") as archive:
        archive.writestr("readme.txt", "no weights")
    assert "a zip archive that torch did not write" in refusal(tmp_path / "zip.pth")
    (tmp_path / "text.pth").write_text("no weights")
    assert "is no file of torch.save's" in refusal(tmp_path / "text.pth")
    assert "there is no weights file" in refusal(tmp_path / "nowhere.pth")


def test_packed_and_big_endian_archives_are_refused(tmp_path):
    with zipfile.ZipFile(FOLDER / "torch_zip.pth") as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(tmp_path / "packed.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in inside.items():
            archive.writestr(name, content)
    assert "a zip archive that torch did not write" in refusal(tmp_path / "packed.pth")
    with zipfile.ZipFile(tmp_path / "big.pth", "w") as archive:
        for name, content in {**inside, "zip/byteorder": b"big"}.items():
            archive.writestr(name, content)
    assert "numbers of a big-endian machine" in refusal(tmp_path / "big.pth")


def test_a_shape_beyond_the_numbers_is_refused(tmp_path):
    path = tmp_path / "net.pth"
    save_old({"weight": np.zeros([2, 3], np.float32)}, path)
    assert read_torch_file(path)["weight"].shape == (2, 3)
    three, four = (b"J" + struct.pack("<i", side) for side in (3, 4))
    content = path.read_bytes()
    assert content.count(b"(J\2\0\0\0" + three) == 1
    path.write_bytes(content.replace(b"(J\2\0\0\0" + three, b"(J\2\0\0\0" + four))
    assert "is cut short or damaged" in refusal(path)


def test_a_size_told_by_a_damaged_file_takes_no_memory(tmp_path):
    path = tmp_path / "net.pth"
    path.write_bytes(START + b"\x80\x05" + pickle.BYTEARRAY8 + struct.pack("<Q", 2**50))
    assert "is cut short or damaged" in refusal(path)


def test_the_file_is_not_held_open_and_not_changed(tmp_path):
    path = tmp_path / "net.pth"
    shutil.copy(FOLDER / "torch_old.pth", path)
    arrays = read_torch_file(path)
    path.unlink()
    with pytest.raises(ValueError, match="read-only"):
        arrays["part"][0] = 1
