"""Arrays in one ``.npz`` file of which memory holds what is looked at, and not all.

An ``.npz`` file is an archive, and its members here lie in it as they are in memory: they are
written a piece at a time and read by mapping the file. ``np.load`` reads it like any other.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

LARGE = 1 << 20
"""Bytes of an array from which on it is mapped; each map keeps the file open."""

# Where rows of numbers begin, as in a .npy file.
_ALIGNED = 64
# Of a member's header in the archive: all but its name and what is extra; what is extra for sizes
# beyond 4 GiB; and what fills up, which no reader knows, as of Android's zipalign.
_HEADER, _SIZES, _FILLING = 30, 20, 0xD935


def write(path: str | Path, arrays: Mapping[str, Any]) -> None:
    """Writes arrays by name. Those that are maps themselves are not loaded.

    Raises:
        ValueError: an array of Python objects.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(f"{folder}/some.npz", {"x": np.arange(3), "y": 1.5})
    ...     found = read(f"{folder}/some.npz")
    >>> found["x"].tolist(), float(found["y"])
    ([0, 1, 2], 1.5)
    """
    with open(path, "wb") as stream, zipfile.ZipFile(stream, "w", allowZip64=True) as archive:
        for name, values in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy")
            # The filling has two numbers of two bytes in front.
            start = stream.tell() + _HEADER + len(member.filename.encode()) + _SIZES + 4
            filling = -start % _ALIGNED
            member.extra = struct.pack("<HH", _FILLING, filling) + bytes(filling)
            with archive.open(member, "w", force_zip64=True) as opened:
                np.lib.format.write_array(opened, np.asanyarray(values), allow_pickle=False)


def read(path: str | Path) -> dict[str, np.ndarray]:
    """All arrays of a file, of :func:`write` or of NumPy, by name.

    Those of `LARGE` bytes and more are maps of the file where they lie in it as they do in memory.
    They may be written to, and the file does not change. Every checksum is looked at first.

    Raises:
        OSError: no such file.
        ValueError: a damaged one, or an array of Python objects.
    """
    try:
        with open(path, "rb") as stream, zipfile.ZipFile(stream) as archive:
            if (bad := archive.testzip()) is not None:
                raise ValueError(f"{bad} does not have its checksum")
            return {
                member.filename.removesuffix(".npy"): _array(Path(path), stream, archive, member)
                for member in archive.infolist()
            }
    # An archive may be one that Python cannot unpack, which it tells as a RuntimeError.
    except (EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{path} is damaged ({error})") from error


def _array(
    path: Path, stream: IO[bytes], archive: zipfile.ZipFile, member: zipfile.ZipInfo
) -> np.ndarray:
    if member.compress_type == zipfile.ZIP_STORED and member.file_size >= LARGE:
        stream.seek(member.header_offset + _HEADER - 4)
        name, extra = struct.unpack("<HH", stream.read(4))
        stream.seek(member.header_offset + _HEADER + name + extra)
        if np.lib.format.read_magic(stream) == (1, 0):
            shape, by_columns, dtype = np.lib.format.read_array_header_1_0(stream)
            # A sum of what lies askew may be taken in another order, and end with other bits.
            if stream.tell() % _ALIGNED == 0 and not dtype.hasobject:
                order: Any = "F" if by_columns else "C"
                found = np.memmap(path, dtype, "c", stream.tell(), shape, order)
                return found.view(np.ndarray)
    with archive.open(member) as opened:
        read_whole: np.ndarray = np.lib.format.read_array(opened, allow_pickle=False)
    return read_whole
