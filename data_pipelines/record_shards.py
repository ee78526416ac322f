"""A long look at every picture of some records, spread over workers by Beam.

Each worker is given the name of a shard: a file that says where its pictures lie, or holds their
bytes where memory alone has them. What it finds it writes beside, so that a job that was killed
goes on with the shards that are not there. All workers see the same folder and the same pictures.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data_pipelines import beam_files, beam_run
from data_pipelines.records import DataError, Records

PICTURES = 4096
"""Of a shard, about."""
TASKS = "tasks"
"""What workers read lies here, in the folder that they write to, and is taken away at the end."""

_COLUMNS = ("ids", "paths", "digests", "foreign")


def arguments(beam: str) -> list[str]:
    """As :func:`data_pipelines.beam_run.arguments`, for who is going to write shards.

    Raises:
        DataError: as there, or Beam is not installed.
    """
    given = beam_run.arguments(beam)
    try:
        beam_files.import_beam()
    except ImportError as error:
        raise DataError(str(error)) from error
    return given


def work_on(
    shards: Mapping[str, np.ndarray],
    records: Records,
    folder: Path,
    work: Callable[..., None],
    *shared: Any,
    beam: Sequence[str],
    **columns: np.ndarray,
) -> None:
    """Calls ``work(name, folder, *shared)`` for each shard, on whatever worker is free.

    Args:
        shards: rows of the records, by name.
        folder: where they write.
        work: a function of a module, which begins with :func:`shard_of`.
        beam: what :func:`arguments` gave, before anything was written.
        columns: further arrays of a row a picture.
    """
    folder = folder.absolute()
    for name, rows in shards.items():
        more = {column: values[rows] for column, values in columns.items()}
        beam_files.write(f"{folder}/{TASKS}/{name}", to_bytes(records.take(rows), **more))
    if shards:
        beam_run.run(work, [*shards], str(folder), *shared, beam=beam)
    shutil.rmtree(folder / TASKS, ignore_errors=True)


def shard_of(name: str, folder: str) -> tuple[Records, dict[str, np.ndarray]]:
    """The pictures of a shard, all of one class, and the further columns."""
    return from_bytes(beam_files.read(f"{folder}/{TASKS}/{name}"))


def to_bytes(records: Records, **more: np.ndarray) -> bytes:
    """A file of these pictures, without labels and boxes, and of further arrays.

    >>> some = Records(ids=["a"], labels=[0], class_names=("x",), blobs=(b"picture",))
    >>> records, more = from_bytes(to_bytes(some, side=np.array([8])))
    >>> records.ids.tolist(), records.read(0), more["side"].tolist()
    (['a'], b'picture', [8])
    """
    columns = {name: getattr(records, name) for name in _COLUMNS}
    if records.blobs is not None:
        # NumPy's own texts of bytes lose zeros at their end.
        columns["lengths"] = np.array([len(blob) for blob in records.blobs], np.int64)
        columns["blobs"] = np.frombuffer(b"".join(records.blobs), np.uint8)
    there: dict[str, Any] = {n: column for n, column in columns.items() if column is not None}
    stream = io.BytesIO()
    np.savez_compressed(stream, **there | more)
    return stream.getvalue()


def from_bytes(contents: bytes) -> tuple[Records, dict[str, np.ndarray]]:
    """The pictures of :func:`to_bytes`, all of one class, and the further arrays."""
    with np.load(io.BytesIO(contents), allow_pickle=False) as file:
        columns = dict(file)
    known: dict[str, Any] = {name: columns.pop(name) for name in _COLUMNS if name in columns}
    if "blobs" in columns:
        joined = columns.pop("blobs").tobytes()
        stops = np.cumsum(columns.pop("lengths")).tolist()
        places = zip([0, *stops[:-1]], stops, strict=True)
        known["blobs"] = tuple(joined[start:stop] for start, stop in places)
    records = Records(labels=np.zeros(len(known["ids"]), np.int32), class_names=("",), **known)
    return records, columns
