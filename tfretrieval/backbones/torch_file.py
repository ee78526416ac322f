"""State dicts that torch.save wrote, read without torch; nothing in the file is run."""

from __future__ import annotations

import dataclasses
import io
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfretrieval.backbones.weights_file import WeightsError

# The number that a file of torch before 1.6 begins with, as a pickle of its own.
MAGIC = 0x1950A86A20F9469CFC6C
# Kind of torch's storages -> NumPy's type, little-endian.
DTYPES: dict[str, np.dtype] = {
    "torch.BoolStorage": np.dtype("?"),
    "torch.ByteStorage": np.dtype("u1"),
    "torch.CharStorage": np.dtype("i1"),
    "torch.ShortStorage": np.dtype("<i2"),
    "torch.IntStorage": np.dtype("<i4"),
    "torch.LongStorage": np.dtype("<i8"),
    "torch.HalfStorage": np.dtype("<f2"),
    "torch.FloatStorage": np.dtype("<f4"),
    "torch.DoubleStorage": np.dtype("<f8"),
    "torch.BFloat16Storage": np.dtype(tf.bfloat16.as_numpy_dtype),
}
_CUT = "is cut short or damaged: fetch it again"


def read_torch_file(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """The arrays of a state dict, ``torch.save(model.state_dict(), path)``, by name.

    Both formats are read: torch's own before 1.6 (pickles, then the bare numbers) and the zip
    archive since. A pickle is a program that can have any function called; here it can name
    tensors, storages and ordered dicts only, and not even these are called as torch has them.

    Args:
        path: the file, usually ``.pth``, ``.pt`` or ``.bin``.

    Returns:
        Arrays of numbers or truth values, not to be written to: they look into the file's bytes.

    Raises:
        WeightsError: no such file, one that is cut short, that torch did not write, or that holds
            anything but a dict of tensors; the message is one line and names what was found.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WeightsError(f"there is no weights file {path}") from error
    if content.startswith(b"PK"):
        read = _read_zip
    elif content.startswith(pickle.PROTO + b"\x02"):
        read = _read_old
    else:
        raise WeightsError(f"{path} is no file of torch.save's")
    try:
        held, buffers = read(content)
        return {name: _array(tensor, buffers) for name, tensor in _tensors(held).items()}
    except _Foreign as error:
        raise WeightsError(
            f"{path} holds {error}, and only a dict of tensors is read: save "
            "model.state_dict() alone"
        ) from error
    except Exception as error:  # damaged bytes can make pickle and zipfile raise anything
        raise WeightsError(f"{path} {_CUT}") from error


class _Foreign(Exception):
    """Something that is no tensor; its text names it."""


@dataclasses.dataclass(frozen=True)
class _Storage:
    kind: str
    key: str
    count: int


@dataclasses.dataclass(frozen=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _read_old(content: bytes) -> tuple[Any, dict[_Storage, memoryview]]:
    """Magic number, version, what machine wrote it, the dict, and names of the storages, each a
    pickle; then each storage's length, eight bytes, and numbers."""
    stream = _Stream(content)
    if _load(stream) != MAGIC:
        raise _Foreign("a pickle that is not torch's")
    _load(stream)
    if not _load(stream)["little_endian"]:
        raise _Foreign("numbers of a big-endian machine")
    unpickler = _Unpickler(stream)
    held = unpickler.load()
    buffers = {}
    for key in _load(stream):
        storage = unpickler.storages[key]
        if int.from_bytes(stream.read(8), "little") != storage.count:
            raise EOFError
        start, size = stream.tell(), storage.count * DTYPES[storage.kind].itemsize
        buffers[storage] = _whole(memoryview(content)[start : start + size], storage)
        stream.seek(start + size)
    return held, buffers


def _read_zip(content: bytes) -> tuple[Any, dict[_Storage, memoryview]]:
    """An archive of one folder: ``data.pkl``, and each storage's numbers in ``data/KEY``."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        # torch packs nothing: what is packed may be of any size once unpacked.
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
            raise _Foreign("a zip archive that torch did not write")
        inside = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        if len(inside) != 1:
            raise _Foreign("a zip archive that torch did not write")
        folder = inside[0].removesuffix("data.pkl")
        order = f"{folder}byteorder"
        if order in archive.namelist() and archive.read(order) != b"little":
            raise _Foreign("numbers of a big-endian machine")
        unpickler = _Unpickler(_Stream(archive.read(inside[0])))
        held = unpickler.load()
        buffers = {
            storage: _whole(memoryview(archive.read(f"{folder}data/{storage.key}")), storage)
            for storage in unpickler.storages.values()
        }
    return held, buffers


def _whole(buffer: memoryview, storage: _Storage) -> memoryview:
    if len(buffer) != storage.count * DTYPES[storage.kind].itemsize:
        raise EOFError
    return buffer


def _tensors(held: Any) -> dict[str, _Tensor]:
    if not isinstance(held, dict):
        raise _Foreign("a lone tensor" if isinstance(held, _Tensor) else f"{held!r:.80}")
    for key, value in held.items():
        if not isinstance(key, str) or not isinstance(value, _Tensor):
            raise _Foreign(f"{key!r:.80}, a value of type {type(value).__name__}")
    return held


def _array(tensor: _Tensor, buffers: dict[_Storage, memoryview]) -> np.ndarray:
    """NumPy refuses a shape that reaches beyond the numbers."""
    dtype = DTYPES[tensor.storage.kind]
    strides = [stride * dtype.itemsize for stride in tensor.strides]
    offset = tensor.offset * dtype.itemsize
    return np.ndarray(tensor.shape, dtype, buffers[tensor.storage], offset, strides)


def _load(stream: _Stream) -> Any:
    return _Unpickler(stream).load()


def _tensor(storage: _Storage, offset: int, shape: tuple, strides: tuple, *_: Any) -> _Tensor:
    if not isinstance(storage, _Storage):
        raise TypeError(storage)
    return _Tensor(storage, offset, shape, strides)


def _parameter(tensor: _Tensor, *_: Any) -> _Tensor:
    return tensor


# What a pickle may have called -> what is called in its place.
_CALLS: dict[str, Callable[..., Any]] = {
    "collections.OrderedDict": dict,
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
}
_InPython: Any = pickle._Unpickler
# The instructions that torch.save writes, and those of plain data in other protocols. All others
# are unknown here; some of them take all memory where a damaged file says so.
_PLAIN = """
    PROTO FRAME STOP MARK POP_MARK NONE NEWTRUE NEWFALSE INT LONG FLOAT BININT BININT1 BININT2 LONG1
    BINFLOAT UNICODE BINUNICODE SHORT_BINUNICODE STRING BINSTRING SHORT_BINSTRING DICT EMPTY_DICT
    LIST EMPTY_LIST TUPLE EMPTY_TUPLE TUPLE1 TUPLE2 TUPLE3 APPEND APPENDS SETITEM SETITEMS PUT
    BINPUT LONG_BINPUT MEMOIZE GET BINGET LONG_BINGET GLOBAL STACK_GLOBAL BINPERSID
"""
_CODES = [getattr(pickle, name)[0] for name in _PLAIN.split()]


class _Stream(io.BytesIO):
    """Bytes whose last line ends: pickle would take half a name for a name."""

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        if not line.endswith(b"\n"):
            raise EOFError
        return line


class _Unpickler(_InPython):
    """Makes plain values, `_Storage` and `_Tensor`; what a pickle calls is looked up by name.

    It is the one written in Python, whose instructions can be replaced. No function or class ever
    lies on its stack, so a pickle cannot reach one.
    """

    def __init__(self, stream: _Stream) -> None:
        super().__init__(stream)
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> str:
        wanted = f"{module}.{name}"
        if wanted not in _CALLS and wanted not in DTYPES:
            raise _Foreign(f"{wanted!r:.80}")
        return wanted

    def persistent_load(self, pid: tuple) -> _Storage:
        what, kind, key, _, count, *view = pid
        if what != "storage" or view not in ([], [None]):
            raise _Foreign(f"{what!r:.80}")
        storage = _Storage(kind, key, count)
        if kind not in DTYPES or count < 0 or self.storages.setdefault(key, storage) != storage:
            raise ValueError(pid)
        return storage

    def _call(self) -> None:
        arguments = self.stack.pop()
        self.stack[-1] = _CALLS[self.stack[-1]](*arguments)

    def _set_state(self) -> None:
        """Of the ordered dicts: versions of modules, which no array depends on."""
        self.stack.pop()

    dispatch = {
        **{code: _InPython.dispatch[code] for code in _CODES},
        pickle.REDUCE[0]: _call,
        pickle.BUILD[0]: _set_state,
    }
