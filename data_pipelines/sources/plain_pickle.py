"""Pickles from strangers: their lists and arrays are read, and nothing in them is run.

A pickle is a program: it names functions and has them called. Here only the few that numpy and
bytes need are known by name, and none of them is the original.
"""

from __future__ import annotations

import io
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np

from data_pipelines.records import DataError, whole_numbers

_SIMPLE = re.compile(r"b1|[iuf][1248]|[SU]\d+")


def load_plain(path: Path) -> Any:
    """What a pickle holds: dicts, lists, tuples, text, bytes, numbers, truth values, None, and
    numpy arrays and scalars of numbers or text.

    Arrays come as a subclass of `np.ndarray`, in this machine's byte order. Arrays of objects and
    of records are refused: the file tells their layout in memory, and could tell it wrongly. Text
    of Python 2 is taken as Latin-1.

    Args:
        path: the file.

    Raises:
        DataError: no such file, it is no whole pickle, or it names anything else.
    """
    if not path.is_file():
        raise DataError(f"{str(path)!r} is missing")
    try:
        return _Unpickler(io.BytesIO(path.read_bytes()), encoding="latin1").load()
    except DataError as refused:
        raise DataError(f"{str(path)!r} is not read: {refused}") from None
    except Exception as error:  # damaged bytes can make pickle raise anything
        raise DataError(f"{str(path)!r} is damaged, or no pickle; fetch it again") from error


def names_in(content: Any, key: str, path: Path) -> list[str]:
    """The list of file names `content[key]`; none of them leads to another folder.

    Raises:
        DataError: there is no such list.

    >>> names_in({"cids": ["a", "b"]}, "cids", Path("x.pkl"))
    ['a', 'b']
    """
    listed = content.get(key) if isinstance(content, dict) else None
    if not isinstance(listed, (list, tuple, np.ndarray)):
        raise DataError(f"{str(path)!r} has no list {key!r}")
    for name in listed:
        if not isinstance(name, str) or not name or re.search(r"[/\\\0]", name):
            raise DataError(f"{str(path)!r}: {key!r} must hold names of pictures, not {name!r:.80}")
    return [str(name) for name in listed]


def numbers_in(content: Any, key: str, path: Path) -> np.ndarray:
    """The whole numbers `content[key]`, int64 `[n]`.

    Raises:
        DataError: there are none, or they are not whole.

    >>> numbers_in({"qidxs": [3, 4]}, "qidxs", Path("x.pkl")).tolist()
    [3, 4]
    """
    try:
        given = np.array(content[key]).reshape(-1)
    except (KeyError, TypeError, ValueError, IndexError):
        given = np.array(None)
    try:
        if given.dtype.kind in "iuf":
            return whole_numbers(given, key)
    except ValueError:
        pass
    raise DataError(f"{str(path)!r} has no list of whole numbers {key!r}")


_InPython: Any = pickle._Unpickler


class _Unpickler(_InPython):
    """Hands out bound methods only: a pickle can neither change nor subclass them.

    It is the one written in Python: the other takes all memory if a damaged file says so. Of this
    one only the reading of bytearrays does, in which protocol 5 keeps arrays.
    """

    def _bytearray(self) -> None:
        size = int.from_bytes(self.read(8), "little")
        data = self.read(size)
        if len(data) < size:
            raise EOFError
        self.append(data)

    dispatch = {**_InPython.dispatch, pickle.BYTEARRAY8[0]: _bytearray}

    def find_class(self, module: str, name: str) -> Any:
        known = {
            "numpy.ndarray": self._array,
            "numpy.core.multiarray._reconstruct": self._array,
            "numpy.core.numeric._frombuffer": self._from_buffer,
            "numpy.core.multiarray.scalar": self._scalar,
            "numpy.dtype": self._dtype,
            "_codecs.encode": self._bytes,
            "__builtin__.bytes": self._bytes,
            "builtins.bytes": self._bytes,
        }
        wanted = f"{module}.{name}"
        spelt = re.sub(r"^numpy\._core\.", "numpy.core.", wanted)
        if spelt not in known:
            raise DataError(
                f"it asks for {wanted!r:.80}, and only plain data and numpy arrays are safe"
            )
        return known[spelt]

    def _array(self, *_: object) -> Any:
        return np.ndarray.__new__(_Array, (0,))

    def _dtype(self, code: str, *_: object) -> _Dtype:
        return _Dtype(code)

    def _from_buffer(self, raw: bytes, dtype: _Dtype, shape: tuple, order: str) -> np.ndarray:
        array = self._array()
        array.__setstate__((1, shape, dtype, order == "F", raw))
        return array

    def _scalar(self, dtype: _Dtype, raw: bytes | str) -> object:
        return _filled((), dtype, False, raw)[()]

    def _bytes(self, text: str = "", encoding: str = "latin1") -> bytes:
        if encoding != "latin1":
            raise DataError(f"it has bytes in {encoding!r:.80}, not in latin1")
        return text.encode("latin1")


class _Dtype:
    """Stands for a dtype until its byte order is known; nothing else of its state is used."""

    __slots__ = ("plain",)

    def __init__(self, code: str) -> None:
        if not isinstance(code, str) or not _SIMPLE.fullmatch(code):
            raise DataError(f"it has an array of {code!r:.80}, not of numbers or text")
        self.plain = np.dtype(code)

    def __setstate__(self, state: tuple) -> None:
        self.plain = self.plain.newbyteorder(state[1])


class _Array(np.ndarray):
    """An array that lets numpy check what a pickle says of it before it becomes that."""

    def __setstate__(self, state: tuple) -> None:
        checked: Any = _filled(*state[-4:]).__reduce__()
        super().__setstate__(checked[2])


def _filled(shape: tuple, dtype: _Dtype, fortran: bool, raw: bytes | str) -> np.ndarray:
    data = raw.encode("latin1") if isinstance(raw, str) else raw
    if not isinstance(dtype, _Dtype) or not isinstance(data, bytes):
        raise TypeError("an array needs a dtype and bytes")
    array: np.ndarray = np.ndarray(shape, dtype.plain, data, order="F" if fortran else "C")
    if array.nbytes != len(data):
        raise ValueError(f"{len(data)} bytes for an array of {array.nbytes}")
    return array
