"""The audit's look at every picture, by Beam: the same findings, kept by shard until all are there.

The shards lie beside the verdicts, ``audit/<list>.parts`` in the cache folder; where workers are
other machines, ``XDG_CACHE_HOME`` is a folder that all of them see.
"""

from __future__ import annotations

import io
import shutil
import sys

import numpy as np

from data_pipelines import audit, beam_files, record_shards, verdicts
from data_pipelines.records import DataError, Records
from data_pipelines.verdicts import Finding, Verdicts
from tfretrieval.files import FolderLock


def examine_by_beam(records: Records, known: Verdicts, beam: str) -> list[Finding]:
    """What `audit` finds in each picture; the verdicts keep it.

    Args:
        known: of these records; what it knows is not looked at again, less in shards that hold
            something else.
        beam: a runner and its options, as of `beam_run.arguments`.

    Raises:
        DataError: options that are none (`record_shards.arguments`), or workers with other versions
            of what decodes.
        tfretrieval.files.InUse: another process looks at the same pictures.
    """
    arguments = record_shards.arguments(beam)
    folder = known.path.with_suffix(".parts").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    lock = FolderLock.of(folder)
    found: dict[str, list[Finding | None]] = {}
    wanted: dict[str, np.ndarray] = {}
    for start in range(0, len(records), record_shards.PICTURES):
        rows = np.arange(start, min(start + record_shards.PICTURES, len(records)))
        name = f"{rows[0]:09d}-{rows[-1]:09d}.npz"
        found[name] = [known.before(row) for row in rows.tolist()]
        if not all(found[name]):
            found[name] = verdicts.read(folder / name, [known.stamps[row] for row in rows.tolist()])
        if not all(found[name]):
            wanted[name] = rows
            (folder / name).unlink(missing_ok=True)
    stamps = np.array(known.stamps, str)
    record_shards.work_on(wanted, records, folder, examine_shard, beam=arguments, stamps=stamps)
    for name, rows in wanted.items():
        # Made by these pictures just now, whether their stamps tell so or not.
        found[name] = verdicts.read(folder / name)
        if len(found[name]) != len(rows):
            raise DataError(
                f"{folder / name} is not there, damaged or of another TensorFlow, Pillow or "
                "tfretrieval: give all workers the same, and start again"
            )
    findings = [finding for shard in found.values() for finding in shard if finding is not None]
    if known.keep(findings):
        shutil.rmtree(folder, ignore_errors=True)
    del lock
    return findings


def examine_shard(name: str, folder: str) -> None:
    """Writes what is found in a shard's pictures, and tells so in a line on stderr."""
    records, columns = record_shards.shard_of(name, folder)
    findings = [*audit.examined(records)]
    stream = io.BytesIO()
    verdicts.write(stream, findings, columns["stamps"].tolist())
    beam_files.write(f"{folder}/{name}", stream.getvalue())
    bad = sum(bool(found.problem) for found in findings)
    told = f", {bad} cannot be read" if bad else ""
    print(f"pictures {name[:-4]}: looked at{told}", file=sys.stderr, flush=True)
