"""The table of small saliency maps: a network looks at every picture once and keeps what it saw.

A map of 8 x 8 values is 64 bytes, so every threshold and every kind of region is cut from the table
and no picture is looked at again. A file knows the network, layer, input size and pictures it was
made of, and is refused for any other. The pass itself writes a part every `INTERVAL` seconds: one
that was killed goes on where it was, and with the same batch size ends with the same table.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from data_pipelines import beam_files, steps
from data_pipelines.record_shards import TASKS
from data_pipelines.records import DataError, Records
from tfretrieval import files, saliency

if TYPE_CHECKING:
    from tfretrieval.saliency import Localizer

INTERVAL = 10.0
"""Seconds of work that a killed pass may lose."""

_BLOCK = 1024
_REMEDY = "delete it or name another file"


@dataclasses.dataclass(frozen=True, eq=False)
class SaliencyTable:
    """What a network saw in N pictures.

    Attributes:
        maps: uint8 `[N, h, w]`, bright where the subject is.
        ids: `[N]` str, the pictures.
        identity: plain JSON values that tell how the maps were made (`Localizer.identity`).
        digests: `[N]` str, SHA-256 of the pictures' bytes, where the records had them.

    Raises:
        ValueError: maps of another kind, or columns of different lengths.

    >>> table = SaliencyTable(np.zeros([2, 8, 8], np.uint8), ["a", "b"], {"network": "n"})
    >>> len(table), table.maps.nbytes
    (2, 128)
    """

    maps: np.ndarray
    ids: np.ndarray
    identity: dict[str, Any]
    digests: np.ndarray | None = None

    def __post_init__(self) -> None:
        maps, ids = np.asarray(self.maps), np.asarray(self.ids, dtype=str)
        if maps.dtype != np.uint8 or maps.ndim != 3 or not all(maps.shape[1:]):
            raise ValueError(f"maps must be uint8 [N, h, w], got {maps.dtype} {maps.shape}")
        if ids.shape != (len(maps),):
            raise ValueError(f"{len(maps)} maps need {len(maps)} ids, got shape {ids.shape}")
        digests = None if self.digests is None else np.asarray(self.digests, dtype=str)
        if digests is not None and digests.shape != ids.shape:
            raise ValueError(f"{len(maps)} maps need {len(maps)} digests, got {digests.shape}")
        for name, column in {"maps": maps, "ids": ids, "digests": digests}.items():
            object.__setattr__(self, name, column)
        object.__setattr__(self, "identity", json.loads(json.dumps(self.identity)))

    def __len__(self) -> int:
        return len(self.ids)

    def contents(self) -> bytes:
        """The bytes of its file, the same ones for the same table."""
        identity = json.dumps(self.identity)
        columns: dict[str, Any] = {"maps": self.maps, "ids": self.ids, "identity": identity}
        if self.digests is not None:
            columns["digests"] = self.digests
        stream = io.BytesIO()
        np.savez_compressed(stream, **columns)
        return stream.getvalue()

    def regions(
        self, alpha: float | str, region: str = "box", **options: Any
    ) -> tuple[np.ndarray | None, np.ndarray | None]:
        """Boxes and masks over the whole pictures, by the rule of `tfretrieval.saliency.regions`.

        Returns:
            Boxes float32 `[N, 4]` and masks bool `[N, m, m]`; None for what the region has not.
        """
        find = tf.function(
            lambda maps: saliency.regions(maps, alpha, region, **options),
            input_signature=[tf.TensorSpec([None, *self.maps.shape[1:]], tf.uint8)],
            # Errors stay as they are, one line long.
            autograph=False,
        )
        starts = range(0, max(len(self), 1), _BLOCK)
        found = [find(self.maps[start : start + _BLOCK]) for start in starts]
        boxes, masks = (
            None if column[0] is None else np.concatenate([part.numpy() for part in column])
            for column in zip(*found, strict=True)
        )
        return boxes, masks


def look(
    localizer: Localizer,
    records: Records,
    path: str | os.PathLike[str],
    *,
    batch_size: int,
    progress: bool = True,
    beam: str | None = None,
) -> SaliencyTable:
    """The table at `path`; made by one pass over all records where it is not there yet.

    The file appears whole or not at all; until then the parts lie in the folder `<path>.parts`.

    Args:
        localizer: from images float32 `[B, S, S, 3]` to maps uint8 `[B, h, w]`.
        progress: show a bar with pictures per second on a terminal, if it takes some seconds.
        beam: spread over workers by Beam: a runner and its options (`beam_run.arguments`). They see
            the folder of `path`. With the same batch size the table is the same.

    Raises:
        DataError: the file or its parts are damaged, or of another network or other pictures; a
            pass that left pictures out; what Beam is told wrong, or its workers cannot read.
    """
    if not len(records):
        raise ValueError("no pictures to look at: the records are empty")
    path, identity = Path(path), localizer.identity
    folder = path.with_name(f"{path.name}.parts")

    def table(rows: np.ndarray, maps: np.ndarray) -> SaliencyTable:
        digests = None if records.digests is None else records.digests[rows]
        return SaliencyTable(maps, records.ids[rows], identity, digests)

    def not_in(parts: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
        done = np.concatenate([np.empty(0, np.int64), *(rows for rows, _ in parts)])
        return np.setdiff1d(np.arange(len(records)), done)

    if path.exists():
        whole = load(path, identity, records.ids, records.digests)
    else:
        parts = _resumed(folder, identity, records)
        left = not_in(parts)
        if beam is not None:
            from data_pipelines.saliency_shards import look_by_beam

            look_by_beam(localizer, records, left, folder, batch_size, beam)
            parts = _resumed(folder, identity, records)
        else:
            bar = tqdm(
                desc="looking for the subject",
                total=len(records),
                initial=len(records) - len(left),
                unit=" pictures",
                delay=3,
                disable=None if progress else True,
            )
            with bar:
                for rows, maps in _looks(localizer, records, left, batch_size, bar.update):
                    beam_files.write(f"{folder / part_name(rows)}", table(rows, maps).contents())
                    parts.append((rows, maps))
        if (lost := not_in(parts)).size:
            raise DataError(
                f"{folder} has no maps of {len(lost)} of {len(records)} pictures, first "
                f"{str(records.ids[lost[0]])!r}: let all workers see it, and start again"
            )
        maps = np.empty((len(records), *parts[0][1].shape[1:]), np.uint8)
        for rows, part in parts:
            maps[rows] = part
        whole = table(np.arange(len(records)), maps)
        with files.writing(path) as partial:
            partial.write_bytes(whole.contents())
    _remove(folder)
    return whole


def load(
    path: str | os.PathLike[str],
    identity: dict[str, Any],
    ids: np.ndarray,
    digests: np.ndarray | None = None,
) -> SaliencyTable:
    """Reads a table that `look` wrote, for these pictures and none else. Nothing in it is executed.

    Args:
        identity: how the maps must have been made: `Localizer.identity`.
        ids: `[N]`, the pictures in their order.
        digests: `[N]`, their SHA-256: refused where the table has others.

    Raises:
        DataError: no such file, a damaged one, or one of another network or other pictures.
    """
    table = _read(path, identity)
    ids = np.asarray(ids, dtype=str)
    if len(ids) != len(table):
        raise DataError(f"{path} is of {len(table)} pictures, here are {len(ids)}: {_REMEDY}")
    if (other := np.flatnonzero(ids != table.ids)).size:
        there, here = str(table.ids[other[0]]), str(ids[other[0]])
        raise DataError(f"{path} is of other pictures ({there!r} there, {here!r} here): {_REMEDY}")
    _check_digests(path, table, digests)
    return table


def _looks(
    localizer: Localizer,
    records: Records,
    left: np.ndarray,
    batch_size: int,
    told: Callable[[int], Any],
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows and their maps, in whole batches of about `INTERVAL` seconds."""
    fresh: list[np.ndarray] = []
    done, seen, began = 0, 0, time.monotonic()
    look_at = as_function(localizer)
    for maps in maps_of(look_at, records, left, localizer.image_size, batch_size):
        fresh.append(maps)
        seen += len(maps)
        told(len(maps))
        if seen == len(left) or time.monotonic() - began >= INTERVAL:
            yield left[done:seen], np.concatenate(fresh)
            fresh, done, began = [], seen, time.monotonic()


def as_function(localizer: Localizer) -> Any:
    """The localizer as a graph: of a process on one machine and of a worker it is the same."""
    size = localizer.image_size
    return tf.function(
        lambda pictures: localizer(pictures),
        input_signature=[tf.TensorSpec([None, size, size, 3], tf.float32)],
    )


def maps_of(
    look_at: Any, records: Records, rows: np.ndarray, image_size: int, batch_size: int
) -> Iterator[np.ndarray]:
    """The maps uint8 `[B, h, w]` of some pictures, a batch at a time."""
    if len(rows):
        batches = steps.eval_batches(records, rows, image_size=image_size, batch_size=batch_size)
        for pictures, _ in batches:
            yield look_at(pictures).numpy()


def part_name(rows: np.ndarray) -> str:
    """The file of the part that holds these rows.

    >>> part_name(np.array([3, 4, 7]))
    '000000003-000000007.npz'
    """
    return f"{rows[0]:09d}-{rows[-1]:09d}.npz"


def _resumed(
    folder: Path, identity: dict[str, Any], records: Records
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rows and their maps from the parts of a pass that was killed."""
    found = []
    rows = {name: row for row, name in enumerate(records.ids.tolist())}
    remedy = f"delete the folder {folder} or name another file"
    for path in sorted(folder.glob("*.npz")):
        part = _read(path, identity, remedy)
        strange = [name for name in part.ids.tolist() if name not in rows]
        if strange:
            raise DataError(f"{path} is of other pictures ({strange[0]!r} is not here): {remedy}")
        places = np.array([rows[name] for name in part.ids.tolist()], np.int64)
        digests = None if records.digests is None else records.digests[places]
        _check_digests(path, part, digests, remedy)
        found.append((places, part.maps))
    return found


def _read(
    path: str | os.PathLike[str], identity: dict[str, Any], remedy: str = _REMEDY
) -> SaliencyTable:
    try:
        with np.load(path, allow_pickle=False) as file:
            columns = dict(file)
        before = dict(json.loads(str(columns.pop("identity"))))
        table = SaliencyTable(identity=before, **columns)
        names = sorted({*before, *identity})
    except FileNotFoundError as error:
        raise DataError(f"there is no saliency table {path}") from error
    except Exception as error:  # a damaged file may fail anyhow
        reason = " ".join(str(error).split())
        raise DataError(f"{path} is no saliency table or damaged ({reason}): {remedy}") from error
    now = json.loads(json.dumps(identity))
    told = [
        f"{name} is {before.get(name)!r} there, {now.get(name)!r} here"
        for name in names
        if before.get(name) != now.get(name)
    ]
    if told:
        raise DataError(f"{path} was made in another way ({'; '.join(told)}): {remedy}")
    return table


def _check_digests(
    path: str | os.PathLike[str],
    table: SaliencyTable,
    digests: np.ndarray | None,
    remedy: str = _REMEDY,
) -> None:
    if digests is None or table.digests is None:
        return
    if (changed := np.flatnonzero(np.asarray(digests) != table.digests)).size:
        name = str(table.ids[changed[0]])
        raise DataError(f"{path} was made when picture {name!r} had other contents: {remedy}")


def _remove(folder: Path) -> None:
    """The folder with its parts; it stays where somebody put another file into it."""
    shutil.rmtree(folder / TASKS, ignore_errors=True)
    # Those too that are half written, or say what a worker could not read.
    for part in folder.glob("*.npz*"):
        part.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()
