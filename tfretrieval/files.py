"""Files that appear whole or not at all, and folders that one process at a time writes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import weakref
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import ClassVar


def leads_out(path: str) -> bool:
    """Whether a relative path with slashes, which somebody else wrote, may lead out of its folder.

    >>> leads_out("birds/1.jpg"), leads_out("../1.jpg"), leads_out("/1.jpg")
    (False, True, True)
    """
    pure = PurePosixPath(path)
    return pure.is_absolute() or ".." in pure.parts


def hidden(name: str) -> bool:
    """Whether nobody means a file of this name, or of this path with slashes: it or a folder above
    begins with a dot, or is what macOS leaves beside what it packs.

    >>> hidden("birds/1.jpg"), hidden("birds/.1.jpg"), hidden("__MACOSX/1.jpg")
    (False, True, True)
    """
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))


@contextlib.contextmanager
def writing(target: Path) -> Iterator[Path]:
    """A path to write a file or a folder to; it takes the name ``target`` when the body has ended.

    Until then it lies in ``target.partial``. It is on the disk before it gets its name: after a
    power cut a name must not stand for a file whose contents were never written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with writing(Path(folder) / "a.txt") as partial:
    ...         _ = partial.write_text("whole")
    ...     (Path(folder) / "a.txt").read_text()
    'whole'
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    # The suffix stays: Keras chooses the format by it.
    partial = target.with_name(f"{target.name}.partial")
    inner = partial / target.name
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    yield inner
    for part in (inner, *inner.rglob("*")):
        _flush(part)
    if inner.is_dir() and target.exists():
        shutil.rmtree(target)
    os.replace(inner, target)
    partial.rmdir()
    _flush(target.parent)


def _flush(path: Path) -> None:
    """Writes a file, or the entries of a folder, to the disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


class InUse(OSError):
    """Another process writes the folder."""


class FolderLock:
    """A folder that this process writes, until nobody in it holds the lock any more; the system
    lets go of it when the process ends, however it ends."""

    NAME = ".lock"
    _held: ClassVar[weakref.WeakValueDictionary[Path, FolderLock]] = weakref.WeakValueDictionary()

    def __init__(self, folder: Path):
        self._file = os.open(folder / self.NAME, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = os.read(self._file, 32).decode() or "unknown"
            raise InUse(f"{folder} is being written by another process ({owner})") from error
        os.truncate(self._file, 0)
        os.write(self._file, str(os.getpid()).encode())

    def __del__(self) -> None:
        os.close(self._file)

    @classmethod
    def of(cls, folder: Path) -> FolderLock:
        """The lock of a folder, the same one for all of this process.

        Raises:
            InUse: another process holds it.
        """
        key = folder.resolve()
        lock = cls._held.get(key)
        if lock is None:
            lock = cls._held[key] = cls(key)
        return lock
