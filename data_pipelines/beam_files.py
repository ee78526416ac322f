"""Files on this machine, read plainly, and those of other addresses (``gs://...``), through Beam.

Beam knows Google's, Amazon's and Microsoft's storage and HDFS; each wants its extra, such as
``pip install 'apache-beam[gcp]'``. Files here need no Beam.
"""

from __future__ import annotations

import dataclasses
import glob
import logging
import os
import re
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from data_pipelines.records import DataError
from tfretrieval.files import hidden

ASIDE = ".partial-"
"""In the names of files that are being written."""


@dataclasses.dataclass(frozen=True)
class Listed:
    """A file, as its folder tells.

    Attributes:
        name: its path below the folder that the pattern begins with, with slashes.
        size: bytes.
        time: nanoseconds, when it was changed last.
    """

    name: str
    size: int
    time: int


def import_beam() -> Any:
    """The module ``apache_beam``.

    Raises:
        ImportError: it is not installed.
    """
    # It warns of parts of Google's cloud that are missing, whoever asks for them.
    logging.disable(logging.WARNING)
    try:
        import apache_beam
    except ImportError as error:
        raise ImportError("Apache Beam is missing: pip install 'tfretrieval[beam]'") from error
    finally:
        logging.disable(logging.NOTSET)
    return apache_beam


def elsewhere(path: str) -> bool:
    """Whether it is the address of another file system.

    >>> elsewhere("gs://bucket/a.jpg"), elsewhere("/data/a.jpg")
    (True, False)
    """
    return re.match(r"[A-Za-z][\w+.-]*://", path) is not None


def read(path: str) -> bytes:
    """What is in a file."""
    return read_part(path, 0, None)


def read_part(path: str, start: int, length: int | None) -> bytes:
    """So many bytes of a file, from a place on; all of them without a length."""
    with _opened(path) as stream:
        stream.seek(start)
        return stream.read() if length is None else stream.read(length)


def _opened(path: str) -> Any:
    if not elsewhere(path):
        return open(path, "rb")
    # By its name Beam would unpack a file that ends in .gz.
    return _systems().open(path, compression_type="uncompressed")


def write(path: str, contents: bytes) -> None:
    """Writes a file that is not there yet; it appears whole or not at all.

    Several processes may write the same one at once: the last one stays.
    """
    aside = f"{path}{ASIDE}{uuid.uuid4().hex}"
    if not elsewhere(path):
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(aside, "wb") as stream:
            stream.write(contents)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(aside, path)
        return
    with _systems().create(aside, compression_type="uncompressed") as stream:
        stream.write(contents)
    _systems().rename([aside], [path])


def exists(path: str) -> bool:
    return bool(_systems().exists(path)) if elsewhere(path) else os.path.exists(path)


def remove(path: str) -> None:
    if elsewhere(path):
        _systems().delete([path])
    else:
        os.remove(path)


def replace(path: str, contents: bytes | None) -> None:
    """Writes a file in the place of one that may be there; without contents there is none."""
    if exists(path):
        if contents is not None and read(path) == contents:
            return
        # To rename onto a file that is there is an error on some systems.
        remove(path)
    if contents is not None:
        write(path, contents)


def listed(pattern: str, wanted: Callable[[str], bool]) -> tuple[str, list[Listed]]:
    """The files that a pattern stands for, those of all sub-folders where it is a folder.

    Args:
        pattern: ``*``, ``?`` and ``[ab]`` stand for parts of a name, ``**`` for any folders; in an
            address for any part of a path, ``gs://bucket/birds/**.jpg``.
        wanted: whether a file of this name is meant.

    Returns:
        The folder that the pattern begins with, before any ``*``; the files, sorted by name, less
        the hidden ones.

    Raises:
        DataError: an address whose file system is not there.
    """
    base, found = (_listed_elsewhere if elsewhere(pattern) else _listed_here)(pattern)
    kept = (file for file in found if not hidden(file.name) and wanted(file.name))
    return base, sorted(kept, key=lambda file: file.name)


def _listed_here(pattern: str) -> tuple[str, Iterable[Listed]]:
    if os.path.isdir(pattern):
        return pattern, _described(pattern, map(str, Path(pattern).rglob("*")))
    base = _base(pattern)
    return base, _described(base, glob.glob(pattern, recursive=True))


def _described(base: str, paths: Iterable[str]) -> Iterable[Listed]:
    for path in paths:
        # A pipe would be read for ever, a link may lead nowhere.
        if os.path.isfile(path):
            state = os.stat(path)
            name = Path(os.path.relpath(path, base)).as_posix()
            yield Listed(name, state.st_size, state.st_mtime_ns)


def _listed_elsewhere(pattern: str) -> tuple[str, Iterable[Listed]]:
    folder = pattern.rstrip("/")
    # Storage knows no folders: one is what other names begin with.
    magic = _MAGIC.search(pattern)
    base = _base(pattern) if magic else folder
    patterns = [pattern] if magic else [f"{folder}/**"]
    try:
        [match] = _systems().match(patterns)
        if not magic and not match.metadata_list:
            base, [match] = _base(folder), _systems().match([folder])
    except ValueError as error:
        raise DataError(f"{pattern}: {error}") from error
    return base, [
        Listed(
            each.path[len(base) + 1 :],
            each.size_in_bytes,
            int(1e9 * (each.last_updated_in_seconds or 0)),
        )
        for each in match.metadata_list
    ]


_MAGIC = re.compile(r"[*?\[]")


def _base(pattern: str) -> str:
    """The folder before any wildcard."""
    magic = _MAGIC.search(pattern)
    head, slash, _ = pattern[: magic.start() if magic else None].rpartition("/")
    return head or slash or "."


def _systems() -> Any:
    import_beam()
    from apache_beam.io.filesystems import FileSystems

    return FileSystems
