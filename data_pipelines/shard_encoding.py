"""What a worker of :mod:`data_pipelines.encode` does: the files of a shard become its codes."""

from __future__ import annotations

import functools
import json
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError

from data_pipelines import beam_files
from data_pipelines.code_shards import Shard, shard_name
from data_pipelines.records import DataError
from data_pipelines.shard_plan import PLAN, Job, Task
from tfretrieval.encoders import RunEncoder
from tfretrieval.encoders.run_encoder import saved_model_of

IMAGE_FEATURES = ("image/encoded", "image")
"""Where the pictures of TFRecords lie, unless somebody says another name."""

# Bytes of a record of TFRecords beside its own: length and two checksums.
_FRAME = 16
# Files that are read at once: storage elsewhere answers slowly, and many at a time.
_READERS = 16

# An id, and the bytes of a picture or why there are none.
Picture = tuple[str, bytes | str]


def encode_shard(task: Task, job: Job) -> None:
    """Writes a shard, and tells so in a line on stderr.

    Raises:
        DataError: another model lies here than where the job began.
    """
    number, start, length = task
    line = beam_files.read_part(f"{job.out}/{PLAN}", start, length)
    encoder = encoder_of(job.model)
    if encoder.fingerprint != job.about["model"]:
        raise DataError(f"{job.model} of this worker is not the model that the job began with")
    began = time.monotonic()
    shard = _encoded(encoder, _batches(job, json.loads(line)), job.about_shard(line))
    beam_files.write(job.path(number), shard.contents())
    told = f"{shard_name(number, job.shards)}: {len(shard.ids):,} codes"
    if shard.not_read:
        told += f", {len(shard.not_read)} not read"
    rate = (len(shard.ids) + len(shard.not_read)) / (time.monotonic() - began)
    # Where a worker writes to: the terminal, or the log of a cluster.
    print(f"{told}, {rate:.1f} pictures a second", file=sys.stderr, flush=True)


def encoder_of(model: str) -> RunEncoder:
    """Loaded once a process, whatever its threads."""
    # Another model may have been written to the same folder.
    written = os.stat(saved_model_of(model) / "saved_model.pb").st_mtime_ns
    with _LOADING:
        return _loaded(model, written)


_LOADING = threading.Lock()


@functools.lru_cache(maxsize=1)
def _loaded(model: str, written: int) -> RunEncoder:
    return RunEncoder(model)


def _encoded(encoder: RunEncoder, batches: Iterator[list[Picture]], about: dict[str, Any]) -> Shard:
    packed = [np.empty((0, -(-encoder.bits // 8)), np.uint8)]
    ids: list[str] = []
    not_read: dict[str, str] = {}
    for batch in batches:
        there = [(name, found) for name, found in batch if isinstance(found, bytes)]
        not_read |= {name: found for name, found in batch if isinstance(found, str)}
        encoded, good, wrong = encoder.encode_each([contents for _, contents in there])
        not_read |= {there[place][0]: reason for place, reason in wrong.items()}
        if encoded is not None:
            assert encoded.packed is not None
            packed.append(encoded.packed)
            ids += [there[place][0] for place in good.tolist()]
    return Shard(np.concatenate(packed), np.array(ids, str), not_read, about)


def _batches(job: Job, files: list[tuple[str, int, int]]) -> Iterator[list[Picture]]:
    size = job.about["batch_size"]
    if job.about["files"] == "pictures":
        return _batches_of_files(job.base, [name for name, _, _ in files], size)
    [(name, bytes_there, _)] = files
    features = job.about["image_feature"], job.about["id_feature"]
    return _batches_of_records(f"{job.base}/{name}", name, bytes_there, size, features)


def _batches_of_files(base: str, names: Sequence[str], size: int) -> Iterator[list[Picture]]:
    """A batch is read while the one before is encoded."""

    def content(name: str) -> Picture:
        try:
            return name, beam_files.read(f"{base}/{name}")
        except OSError as error:
            return name, error.strerror or str(error)

    with ThreadPoolExecutor(_READERS) as pool:
        coming = None
        for start in range(0, len(names), size):
            before, coming = coming, pool.map(content, names[start : start + size])
            if before is not None:
                yield [*before]
        if coming is not None:
            yield [*coming]


def _batches_of_records(
    path: str, name: str, bytes_there: int, size: int, features: tuple[str | None, str | None]
) -> Iterator[list[Picture]]:
    """What lies behind a damaged record cannot be found, and is told of in one line."""
    batch: list[Picture] = []
    place, number = 0, 0
    try:
        for record in tf.data.TFRecordDataset(os.fsencode(path)).as_numpy_iterator():
            batch.append(_picture_of(record, f"{name}:{number}", *features))
            place, number = place + len(record) + _FRAME, number + 1
            if len(batch) == size:
                yield batch
                batch = []
        if place < bytes_there:
            # The beginning of a record is no error to TensorFlow.
            batch.append((f"{name}:{number}", "the file ends within this record"))
    except tf.errors.DataLossError:
        batch.append((f"{name}:{number}", "damaged from this record on, or no TFRecord"))
    except tf.errors.OpError as error:
        batch.append((f"{name}:{number}", str(error.message).splitlines()[0]))
    if batch:
        yield batch


def _picture_of(
    record: bytes, place: str, image_feature: str | None, id_feature: str | None
) -> Picture:
    """The picture in a record; by its place where it has no id."""
    try:
        found = tf.train.Example.FromString(record).features.feature
    except DecodeError:
        return place, "no tf.train.Example"
    if id_feature is not None:
        if not (values := _values(found, id_feature)):
            return place, f"no feature {id_feature}"
        place = os.fsdecode(values[0]) if isinstance(values[0], bytes) else str(values[0])
    names = IMAGE_FEATURES if image_feature is None else (image_feature,)
    for name in names:
        if (values := _values(found, name)) and isinstance(values[0], bytes):
            return place, values[0]
    return place, f"no feature {' or '.join(names)} with bytes"


def _values(features: Any, name: str) -> Sequence[Any]:
    """Of a feature, none where there is none."""
    if name not in features:
        return ()
    kind = features[name].WhichOneof("kind")
    return getattr(features[name], kind).value if kind else ()
