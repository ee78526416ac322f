"""The pass of the saliency table by Beam: the same maps, a part a shard.

The parts lie where those of a pass on one machine lie, so that either goes on where the other was
killed. Workers load the network from there too, as a SavedModel.
"""

from __future__ import annotations

import functools
import json
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from data_pipelines import beam_files, record_shards, saliency_table
from data_pipelines.records import DataError, Records

if TYPE_CHECKING:
    from tfretrieval.saliency import Localizer

_NETWORK, _BAD = f"{record_shards.TASKS}/network", ".bad"
# Loaded once a process, whatever its threads.
_LOADING = threading.Lock()


def look_by_beam(
    localizer: Localizer,
    records: Records,
    left: np.ndarray,
    folder: Path,
    batch_size: int,
    beam: str,
) -> None:
    """Writes the parts of the pictures that are left.

    Args:
        left: their rows. Every shard but the last has whole batches of them.
        folder: of the parts.

    Raises:
        DataError: pictures that cannot be read, where all shards without one are done by then, or
            options that are none (`record_shards.arguments`).
    """
    arguments = record_shards.arguments(beam)
    folder.mkdir(parents=True, exist_ok=True)
    size = batch_size * max(1, record_shards.PICTURES // batch_size)
    parts = [left[start : start + size] for start in range(0, len(left), size)]
    shards = {saliency_table.part_name(rows): rows for rows in parts}
    # Shards of an earlier pass may have begun at other pictures.
    for path in folder.glob(f"*{_BAD}"):
        path.unlink()
    _export(localizer, folder / _NETWORK)
    told = localizer.identity, localizer.image_size, batch_size
    record_shards.work_on(shards, records, folder, look_at_shard, *told, beam=arguments)
    bad = [json.loads(path.read_text()) for path in sorted(folder.glob(f"*{_BAD}"))]
    if bad:
        name, why = bad[0][0]
        raise DataError(
            f"cannot read {sum(map(len, bad))} pictures, first {name!r}: {why}; repair them and "
            "start again: the maps of the other shards are kept"
        )


def look_at_shard(
    name: str, folder: str, identity: dict[str, Any], image_size: int, batch_size: int
) -> None:
    """Writes the part of a shard, or which of its pictures cannot be read, and tells so in a line
    on stderr."""
    records, _ = record_shards.shard_of(name, folder)
    look = _network(folder)
    rows = np.arange(len(records))
    try:
        batches = saliency_table.maps_of(look, records, rows, image_size, batch_size)
        maps = np.concatenate([*batches])
    except (tf.errors.OpError, OSError):
        from data_pipelines.audit import examined

        findings = zip(records.ids.tolist(), examined(records), strict=True)
        bad = [(picture, found.problem) for picture, found in findings if found.problem]
        if not bad:
            raise
        beam_files.write(f"{folder}/{name}{_BAD}", json.dumps(bad).encode())
        told = f"{len(bad)} cannot be read"
    else:
        table = saliency_table.SaliencyTable(maps, records.ids, identity, records.digests)
        beam_files.write(f"{folder}/{name}", table.contents())
        told = "looked at"
    print(f"maps {name[:-4]}: {told}", file=sys.stderr, flush=True)


def _export(localizer: Localizer, folder: Path) -> None:
    module = tf.Module()
    module.localizer = localizer
    module.look = saliency_table.as_function(localizer)
    tf.saved_model.save(module, str(folder))


def _network(folder: str) -> Any:
    written = (Path(folder) / _NETWORK / "saved_model.pb").stat().st_mtime_ns
    with _LOADING:
        return _loaded(f"{folder}/{_NETWORK}", written).look


@functools.lru_cache(maxsize=1)
def _loaded(folder: str, written: int) -> Any:
    """What was written at another time is another network."""
    return tf.saved_model.load(folder)
