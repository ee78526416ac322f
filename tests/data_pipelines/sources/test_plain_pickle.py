"""Plain data come back from pickles of all ages, and nothing else does."""

import collections
import io
import os
import pickle

import numpy as np
import pytest

from data_pipelines.records import DataError
from data_pipelines.sources import load_plain

PLAIN = {
    "text": ["a", "é", b"", b"\x00\xff"],
    "numbers": (1, -(2**70), 0.5, True, None),
    "nested": {"k": [{}, [], ()]},
}
ARRAYS = [
    np.arange(6, dtype=np.int64).reshape(2, 3),
    np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
    np.array([], np.float64),
    np.array([[1, 2]], ">u2"),
    np.array(["ab", "é"]),
    np.array([b"ab", b"c"]),
    np.array([True, False]),
    np.array(3.5),
    np.float32(0.25),
    np.int64(-7),
]

OLD_ARRAY = (
    rb"cnumpy.core.multiarray@_reconstruct@(cnumpy@ndarray@(I0@tS'b'@tR(I1@(I2@tcnumpy@dtype@"
    rb"(S'i4'@I0@I1@tR(I3@S'<'@NNNI-1@I-1@I0@tbI00@S'\x01\x00\x00\x00\xff\x00\x00\x00'@tb."
).replace(b"@", b"\n")
"""np.array([1, 255], "i4") as Python 2 wrote it."""


class Runs:
    """Makes a folder when it is unpickled."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def load(tmp_path, raw):
    path = tmp_path / "x.pkl"
    path.write_bytes(raw)
    return load_plain(path)


def refused(tmp_path, raw):
    with pytest.raises(DataError) as caught:
        load(tmp_path, raw)
    assert "\n" not in str(caught.value) and "x.pkl" in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_plain_data_and_arrays_of_every_protocol(tmp_path, protocol):
    assert load(tmp_path, pickle.dumps(PLAIN, protocol)) == PLAIN
    for given, back in zip(ARRAYS, load(tmp_path, pickle.dumps(ARRAYS, protocol)), strict=True):
        assert back.dtype == given.dtype.newbyteorder("=")
        np.testing.assert_array_equal(back, given)


@pytest.mark.parametrize("home", [b"numpy.core.", b"numpy._core."])
def test_numpy_moved_its_functions(tmp_path, home):
    raw = pickle.dumps(ARRAYS, 2).replace(b"numpy._core.", b"numpy.core.")
    back = load(tmp_path, raw.replace(b"numpy.core.", home))
    np.testing.assert_array_equal(back[0], ARRAYS[0])


def test_python_2_wrote_text_and_arrays_in_bytes(tmp_path):
    assert load(tmp_path, b"(dp0\nS'caf\\xe9'\np1\n(lp2\nS'b'\nas.") == {"café": ["b"]}
    assert load(tmp_path, OLD_ARRAY).tolist() == [1, 255]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_programs_are_named_and_not_run(tmp_path, protocol):
    made = tmp_path / "made"
    for bad in (Runs(os.system, f"mkdir {made}"), Runs(os.mkdir, str(made)), Runs(eval, "1")):
        message = refused(tmp_path, pickle.dumps([1, bad], protocol))
        assert f".{bad.call[0].__name__}'" in message and "not read" in message
    assert not made.exists()


@pytest.mark.parametrize(
    "held", [{1}, 1j, collections.OrderedDict(a=1), np.random.default_rng(0), np.load, io.BytesIO()]
)
def test_other_objects_are_refused(tmp_path, held):
    assert "only plain data" in refused(tmp_path, pickle.dumps(held, 2))


@pytest.mark.parametrize(
    "array",
    [
        np.array([1, "a"], object),
        np.array([Runs(os.system, "true")], object),
        np.zeros(2, [("x", "i4"), ("y", object)]),
        np.zeros(2, "V8"),
        np.zeros(2, "M8[s]"),
    ],
)
def test_arrays_of_anything_but_numbers_and_text_are_refused(tmp_path, array):
    assert "not of numbers or text" in refused(tmp_path, pickle.dumps(array, 2))


@pytest.mark.parametrize("shape", [b"(I3\nt", b"(I1\nt", b"(I-1\nI-2\nt", b"(I-2\nt", b"S'x'\n"])
def test_an_array_cannot_claim_other_than_it_has(tmp_path, shape):
    assert "damaged" in refused(tmp_path, OLD_ARRAY.replace(b"(I2\nt", shape))


@pytest.mark.parametrize("name", [b"numpy\ndtype", b"numpy\nndarray", b"_codecs\nencode"])
def test_what_is_handed_out_cannot_be_changed(tmp_path, name):
    """A pickle may set the attributes of what it asked for: here the defaults of a function."""
    state = b"N}X\x0c\x00\x00\x00__defaults__Ns\x86"
    assert "damaged" in refused(tmp_path, b"\x80\x02c" + name + b"\n" + state + b"b.")


def test_a_few_bytes_cannot_ask_for_all_memory(tmp_path):
    assert load(tmp_path, b"\x80\x02Nr\xff\xff\xff\xff.") is None
    for kind in (b"\x8e", b"\x96"):
        refused(tmp_path, b"\x80\x05" + kind + b"\xff\xff\xff\xff\xff\x00\x00\x00N.")


def test_damaged_files_are_one_line(tmp_path):
    whole = pickle.dumps({"a": ARRAYS, "b": PLAIN}, 2)
    for end in range(0, len(whole), 7):
        refused(tmp_path, whole[:end])
    for raw in (b"not a pickle", b"<html>", b"\x80\x09.", b"P1\n."):
        assert "damaged" in refused(tmp_path, raw)
    with pytest.raises(DataError, match="is missing$"):
        load_plain(tmp_path / "none.pkl")
