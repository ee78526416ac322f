"""Rows of numbers in a file that grows: appended, never rewritten, read without being loaded."""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from tfretrieval.files import writing

MAGIC = b"TFRROWS1"
# Two copies of the header, written by turns: one is whole whenever a machine stops.
_SLOT = 4096
_DATA = 2 * _SLOT
# Rows whose checksum is taken at a time.
_BLOCK = 1 << 24


class RowFile:
    """An array ``[N, width]`` in a file, of which N grows.

    The header holds the type and width of a row, their number, a checksum of them all, and what
    its writer says of them. Rows that are being appended count once they lie on the disk: after a
    crash the file is what it was before. Rows are read through a memory map.

    Args:
        path: a file that :meth:`create` wrote.
        about: what the file must say of its rows; a value that differs is refused by its name.

    Attributes:
        about: what the file says of its rows.

    Raises:
        ValueError: no such file, another kind of file, a truncated or damaged one, or one that
            says something else of its rows; the message names the file and what is wrong.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = RowFile.create(Path(folder) / "codes.rows", np.uint8, 2, {"bits": 12})
    ...     file.append(np.array([[1, 2], [3, 4]], np.uint8))
    ...     RowFile(Path(folder) / "codes.rows", {"bits": 12}).rows.tolist()
    [[1, 2], [3, 4]]
    """

    def __init__(self, path: str | os.PathLike[str], about: dict[str, Any] | None = None):
        self.path = Path(path)
        self._map: np.ndarray | None = None
        header = self._read_header()
        self.dtype, self.width = np.dtype(header["dtype"]), int(header["width"])
        self.about: dict[str, Any] = header["about"]
        self._count, self._crc, self._turn = header["count"], header["crc"], header["turn"]
        for name, value in (about or {}).items():
            if self.about.get(name) != value:
                raise ValueError(
                    f"{self.path} was written with {name} {self.about.get(name)!r}, not {value!r}"
                )
        wanted = _DATA + self._count * self._row_bytes
        if self.path.stat().st_size < wanted:
            raise ValueError(f"{self.path} is truncated: {wanted} bytes are missing their end")
        if self._checksum() != self._crc:
            raise ValueError(f"{self.path} is damaged: its rows do not have their checksum")

    @classmethod
    def create(
        cls,
        path: str | os.PathLike[str],
        dtype: Any,
        width: int,
        about: dict[str, Any] | None = None,
        rows: np.ndarray | None = None,
    ) -> RowFile:
        """A new file, which appears whole and takes the place of one of this name.

        Args:
            dtype, width: of a row.
            about: plain JSON values.
            rows: what it holds at first.
        """
        first = np.empty((0, width), dtype) if rows is None else np.ascontiguousarray(rows, dtype)
        header = {
            "dtype": np.dtype(dtype).str,
            "width": width,
            "about": about or {},
            "count": len(first),
            "crc": zlib.crc32(first.data.cast("B")) if first.size else 0,
            "turn": 0,
        }
        with writing(Path(path)) as partial, open(partial, "wb") as stream:
            stream.write(_slot(header).ljust(_DATA, b"\0"))
            stream.write(first.tobytes())
        return cls(path)

    def __len__(self) -> int:
        return self._count

    @property
    def rows(self) -> np.ndarray:
        """All rows, ``[N, width]``, a read-only memory map."""
        shape = (self._count, self.width)
        if not self._count:
            return np.empty(shape, self.dtype)
        if self._map is None or len(self._map) != self._count:
            # Kept: it goes on to hold the rows when the file has lost its name.
            self._map = np.memmap(self.path, self.dtype, "r", _DATA, shape)
        return self._map

    def append(self, rows: np.ndarray) -> None:
        """Adds rows behind those that are there.

        Raises:
            ValueError: rows of another width or type, or a file that somebody else has appended to.
        """
        if rows.ndim != 2 or rows.shape[1] != self.width or rows.dtype != self.dtype:
            raise ValueError(
                f"rows must be {self.dtype} [n, {self.width}], got {rows.dtype} {rows.shape}"
            )
        self.check_own()
        data = np.ascontiguousarray(rows).tobytes()
        with open(self.path, "r+b") as stream:
            stream.seek(_DATA + self._count * self._row_bytes)
            stream.write(data)
            _to_disk(stream)
            self._write_header(stream, self._count + len(rows), zlib.crc32(data, self._crc))

    def truncate(self, count: int) -> None:
        """Leaves the first ``count`` rows."""
        if count >= self._count:
            return
        self.check_own()
        self._count, before = count, self._count
        crc, self._count = self._checksum(), before
        with open(self.path, "r+b") as stream:
            self._write_header(stream, count, crc)

    @property
    def _row_bytes(self) -> int:
        return self.width * self.dtype.itemsize

    def check_own(self) -> None:
        """Raises ValueError where somebody else has written since this was opened."""
        if self._read_header()["turn"] != self._turn:
            raise ValueError(f"{self.path} was changed by somebody else: open it again")

    def _checksum(self) -> int:
        crc, rows = 0, self.rows
        step = max(1, _BLOCK // max(self._row_bytes, 1))
        for start in range(0, len(rows), step):
            crc = zlib.crc32(np.ascontiguousarray(rows[start : start + step]).data.cast("B"), crc)
        return crc

    def _write_header(self, stream: Any, count: int, crc: int) -> None:
        turn = self._turn + 1
        header = {
            "dtype": self.dtype.str,
            "width": self.width,
            "about": self.about,
            "count": count,
            "crc": crc,
            "turn": turn,
        }
        stream.seek((turn % 2) * _SLOT)
        stream.write(_slot(header))
        _to_disk(stream)
        self._count, self._crc, self._turn = count, crc, turn

    def _read_header(self) -> dict[str, Any]:
        """The younger one of those that are whole."""
        try:
            with open(self.path, "rb") as stream:
                start = stream.read(_DATA)
        except OSError as error:
            raise ValueError(f"{self.path}: {error.strerror}") from error
        if start[: len(MAGIC)] != MAGIC and start[_SLOT : _SLOT + len(MAGIC)] != MAGIC:
            raise ValueError(f"{self.path} is not a file of rows that tfretrieval wrote")
        found = [_header(start[at : at + _SLOT]) for at in (0, _SLOT)]
        whole = [header for header in found if header is not None]
        if not whole:
            raise ValueError(f"{self.path} is damaged: neither copy of its header is whole")
        return max(whole, key=lambda header: header["turn"])


def _slot(header: dict[str, Any]) -> bytes:
    told = json.dumps(header).encode()
    slot = MAGIC + zlib.crc32(told).to_bytes(4, "little") + len(told).to_bytes(4, "little") + told
    if len(slot) > _SLOT:
        raise ValueError(f"a header has {_SLOT} bytes: say less of the rows")
    return slot.ljust(_SLOT, b"\0")


def _header(slot: bytes) -> dict[str, Any] | None:
    """What a slot says; None where it is not whole."""
    if not slot.startswith(MAGIC):
        return None
    crc, length = (int.from_bytes(slot[at : at + 4], "little") for at in (8, 12))
    told = slot[16 : 16 + length]
    if len(told) < length or zlib.crc32(told) != crc:
        return None
    header: dict[str, Any] = json.loads(told)
    return header


def _to_disk(stream: Any) -> None:
    stream.flush()
    os.fsync(stream.fileno())
