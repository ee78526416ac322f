"""Which files become which shard of codes, and which shards are there already.

The plan is a file in the folder of codes: a line that says how they are made, and a line a shard
with its files, their sizes and times. A job that goes on must have the same plan, less what has
changed in the files themselves.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import itertools
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from data_pipelines import beam_files
from data_pipelines.beam_files import Listed
from data_pipelines.code_shards import (
    FORMAT,
    MANIFEST,
    Shard,
    Summary,
    digests_of,
    shard_name,
)
from data_pipelines.records import DataError
from tfretrieval.files import FolderLock

PLAN = "plan.jsonl"
_ANOTHER = "choose another --out"
_OURS = re.compile(
    rf"({re.escape(FolderLock.NAME)}|{re.escape(MANIFEST)}|{re.escape(PLAN)}"
    rf"|codes-\d+-of-\d+\.npz)({re.escape(beam_files.ASIDE)}.*)?"
)

Task = tuple[int, int, int]
"""What a worker is given: number of the shard; where its line of the plan begins, and its bytes."""


@dataclasses.dataclass(frozen=True)
class Job:
    """What is the same for all shards.

    Attributes:
        model: folder of a run, or of its SavedModel.
        base: the folder that names of files begin in.
        out: folder of the codes.
        shards: how many there are.
        about: what decides the codes, plain JSON values: ``model`` (its fingerprint), ``bits``,
            ``batch_size``, ``files`` ("pictures" or "tfrecord"), and of TFRecords
            ``image_feature`` and ``id_feature``.
    """

    model: str
    base: str
    out: str
    shards: int
    about: dict[str, Any]

    def path(self, number: int) -> str:
        """Of the file of a shard."""
        return f"{self.out}/{shard_name(number, self.shards)}"

    def about_shard(self, line: bytes) -> dict[str, Any]:
        """What the shard says of itself that is made of the files in this line of the plan."""
        return {**self.about, "plan_sha256": hashlib.sha256(line).hexdigest()}


def grouped(files: Sequence[Listed], batch_size: int, shards: int) -> list[Sequence[Listed]]:
    """The files of each shard: neighbours, in whole batches, as many in one as in another up to one
    batch; fewer shards where there are fewer batches.

    >>> [len(group) for group in grouped([Listed("", 0, 0)] * 10, batch_size=2, shards=2)]
    [4, 6]
    """
    batches = -(-len(files) // batch_size)
    shards = min(shards, batches)
    edges = [number * batches // shards * batch_size for number in range(shards + 1)]
    return [files[start:stop] for start, stop in itertools.pairwise(edges)]


@contextlib.contextmanager
def written_alone(out: str) -> Iterator[None]:
    """Nobody else on this machine writes the folder; what a killed process left is taken away.

    Raises:
        DataError: the folder holds something else than codes.
        tfretrieval.files.InUse: another process writes it.
    """
    if beam_files.elsewhere(out):
        yield
        return
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    names = [path.name for path in folder.iterdir()]
    if strange := [name for name in names if not _OURS.fullmatch(name)]:
        raise DataError(f"{out} holds {min(strange)!r}, which is no codes: choose an empty folder")
    lock = FolderLock.of(folder)
    for name in names:
        if beam_files.ASIDE in name:
            (folder / name).unlink()
    yield
    del lock


def planned(job: Job, groups: Sequence[Sequence[Listed]]) -> list[bytes]:
    """Writes the plan where it is not there.

    Returns:
        Its lines: first the one of the job, then that of each shard.

    Raises:
        DataError: the folder was begun with another model, other settings or other files.
    """
    path = f"{job.out}/{PLAN}"
    told: list[Any] = [{"format": FORMAT, "shards": job.shards, **job.about}, *map(_rows, groups)]
    lines = [json.dumps(each).encode() for each in told]
    if beam_files.exists(path):
        before = beam_files.read(path).splitlines()
        if before == lines:
            return lines
        _check_same(job, before, told)
    beam_files.replace(path, b"".join(line + b"\n" for line in lines))
    return lines


def _rows(group: Sequence[Listed]) -> list[list[Any]]:
    return [[file.name, file.size, file.time] for file in group]


def _check_same(job: Job, before: list[bytes], now: list[Any]) -> None:
    """Files may have other contents by now, but neither other names nor another encoder."""
    try:
        was, *rows_before = map(json.loads, before)
    except ValueError as error:
        raise DataError(f"{job.out}/{PLAN} is damaged: delete it and run again") from error
    wanted, *rows = now
    if was.get("model") != wanted["model"]:
        raise DataError(f"{job.out} holds codes of another model: {_ANOTHER}")
    names_before, names = (
        {name for shard in each for name, _, _ in shard} for each in (rows_before, rows)
    )
    if other := names_before ^ names:
        state = "new" if min(other) in names else "gone"
        raise DataError(
            f"{job.out} was begun with other files ({min(other)!r} is {state}): {_ANOTHER}"
        )
    for name in wanted:
        if was.get(name) != wanted[name]:
            raise DataError(
                f"{job.out} was begun with {name} {was.get(name)!r}, not {wanted[name]!r}: "
                f"{_ANOTHER}"
            )


def held(
    job: Job, lines: Sequence[bytes], numbers: Iterable[int] | None = None
) -> list[Summary | None]:
    """What the file of each shard holds; None, and no file, where it is to be encoded.

    Args:
        lines: of the plan.
        numbers: of the shards that are looked at; all of them where left out.

    Raises:
        DataError: one is of another model.
    """
    manifest = f"{job.out}/{MANIFEST}"
    digests = digests_of(beam_files.read(manifest)) if beam_files.exists(manifest) else {}
    looked_at = range(len(lines) - 1) if numbers is None else numbers
    return [_held(job, number, lines[number + 1], digests) for number in looked_at]


def _held(job: Job, number: int, line: bytes, digests: dict[str, str]) -> Summary | None:
    path = job.path(number)
    if not beam_files.exists(path):
        return None
    contents = beam_files.read(path)
    try:
        shard = Shard.of(contents, path)
        summary = Summary.of(shard, contents)
        if summary.sha256 != digests.get(os.path.basename(path), summary.sha256):
            raise DataError(f"{path} does not have its checksum")
    except DataError as error:
        print(f"{error}: encoded again", file=sys.stderr)
    else:
        if shard.about == job.about_shard(line):
            return summary
        if shard.about.get("model") != job.about["model"]:
            raise DataError(f"{path} is of another model: {_ANOTHER}")
    beam_files.remove(path)
    return None


def tasks(lines: Sequence[bytes], wanted: Sequence[int]) -> list[Task]:
    """Those of some shards. A pipeline travels as a whole, so the names of files stay behind.

    >>> tasks([b"12345", b"abc", b"de"], [0, 1])
    [(0, 6, 3), (1, 10, 2)]
    """
    starts = [0, *itertools.accumulate(len(line) + 1 for line in lines)]
    return [(number, starts[number + 1], len(lines[number + 1])) for number in wanted]
