"""One look at every picture before anything is trained on them.

A picture must decode by the rules of `tfretrieval.images`, so that nothing fails hours later.
Formats that TensorFlow does not read (WebP, BMP, GIF, TIFF, ...) are converted to PNG in memory,
without loss and under the same id. What is odd but usable is counted and told in a line.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import tensorflow as tf
from PIL import Image
from tqdm import tqdm

from data_pipelines.records import DataError, Records, RetrievalDataset
from data_pipelines.split import settle_singletons
from tfretrieval import images

_ORIENTATION = 0x0112
_PNG_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")


@dataclasses.dataclass(frozen=True)
class Finding:
    """What was found in a picture's bytes."""

    digest: str
    problem: str = ""
    rotated: bool = False
    kind: str = ""
    converted: bytes = b""


def examine(contents: bytes) -> Finding:
    """Examine one picture: its SHA-256, why it cannot be used, or how it had to be converted.

    >>> examine(b"").problem, examine(b"no picture").problem
    ('the file is empty', 'no known picture format, or damaged')
    """
    found = Finding(hashlib.sha256(contents).hexdigest())
    if not contents:
        return dataclasses.replace(found, problem="the file is empty")
    try:
        header = Image.open(io.BytesIO(contents))
    except Image.DecompressionBombError:
        return dataclasses.replace(found, problem=f"more than {images.MAX_PIXELS} pixels")
    except (OSError, SyntaxError, ValueError):
        return dataclasses.replace(found, problem=_decoding_problem(contents))
    found = dataclasses.replace(found, kind=header.format or "", rotated=_rotated(header))
    width, height = header.size
    if width * height > images.MAX_PIXELS:
        problem = f"{width} x {height} pixels, more than {images.MAX_PIXELS}"
        return dataclasses.replace(found, problem=problem)
    if images.readable_format(contents):
        return dataclasses.replace(found, problem=_decoding_problem(contents))
    try:
        return dataclasses.replace(found, converted=_as_png(header))
    except (OSError, SyntaxError, ValueError, EOFError):
        return dataclasses.replace(found, problem="truncated or damaged")


def audit(
    dataset: RetrievalDataset,
    *,
    skip_unreadable: bool = False,
    singletons: str = "keep",
    progress: bool = True,
) -> RetrievalDataset:
    """The same data set, every picture of it readable, with `notes` on what was noticed.

    Args:
        skip_unreadable: leave such pictures out and list them, instead of stopping.
        singletons: "keep" or "refuse", see `split.settle_singletons`.
        progress: show a bar on a terminal, if it takes longer than a few seconds.

    Raises:
        DataError: a picture cannot be read, a part is empty, no query has anything to find.
    """
    findings = _examine_all(dataset.records, progress)
    notes = [*dataset.notes]
    bad = [i for i, found in enumerate(findings) if found.problem]
    if bad and not skip_unreadable:
        raise DataError(
            f"cannot read {_pictures(len(bad))} of {len(findings)}, first "
            f"{_told(dataset.records, findings, bad)}; repair or remove, or pass --skip-unreadable"
        )
    if bad:
        notes.append(f"unreadable and left out: {len(bad)} of {len(findings)} pictures")
        notes += [f"left out: {_told(dataset.records, findings, [i])}" for i in bad]
    dataset = dataclasses.replace(
        dataset, records=_with_findings(dataset.records, findings), notes=tuple(notes)
    )
    dataset = _without(dataset, np.array(bad, np.int64))
    dataset = settle_singletons(dataset, singletons)
    kept = [found for found in findings if not found.problem]
    more = (*_oddities(kept), *_copies(dataset), *_hopeless(dataset))
    return dataclasses.replace(dataset, notes=(*dataset.notes, *more))


def readable(records: Records, name: str, progress: bool = True) -> Records:
    """The same pictures, all of them readable, with their digests.

    Args:
        name: of the data set, for the message.
        progress: as of `audit`.

    Raises:
        DataError: a picture cannot be read.
    """
    findings = _examine_all(records, progress)
    if bad := [i for i, found in enumerate(findings) if found.problem]:
        raise DataError(
            f"{name}: cannot read {_pictures(len(bad))} of {len(findings)}, first "
            f"{_told(records, findings, bad)}; fetch or unpack them again"
        )
    return _with_findings(records, findings)


def _examine_all(records: Records, progress: bool) -> list[Finding]:
    def found_in(index: int) -> Finding:
        try:
            contents = records.read(index)
        except OSError as error:
            return Finding("", problem=f"{error.strerror or error}".lower())
        return examine(contents)

    with warnings.catch_warnings(), ThreadPoolExecutor(os.cpu_count()) as pool:
        warnings.simplefilter("ignore")  # Pillow's remarks on odd files: the verdict is ours.
        verdicts = pool.map(found_in, range(len(records)))
        hidden = None if progress else True
        bar = tqdm(verdicts, "looking at pictures", len(records), delay=3, disable=hidden)
        return list(bar)


@tf.function(input_signature=[tf.TensorSpec([], tf.string)], jit_compile=False)
def _decode(contents: tf.Tensor) -> tf.Tensor:
    return tf.shape(images.decode(contents))


def _decoding_problem(contents: bytes) -> str:
    """Why `images.decode` would fail, or nothing."""
    if not images.readable_format(contents):
        return "no known picture format, or damaged"
    try:
        _decode(contents)
    except tf.errors.InvalidArgumentError:
        return "truncated or damaged"
    return ""


def _rotated(header: Image.Image) -> bool:
    try:
        return header.getexif().get(_ORIENTATION, 1) not in (0, 1)
    except Exception:  # noqa: BLE001 - a broken EXIF block may fail anyhow and harms nobody
        return False


def _as_png(picture: Image.Image) -> bytes:
    if picture.mode not in _PNG_MODES:
        transparent = picture.mode in ("PA", "La", "RGBa") or "transparency" in picture.info
        picture = picture.convert("RGBA" if transparent else "RGB")
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _told(records: Records, findings: list[Finding], bad: list[int]) -> str:
    """The first bad picture in words: id, path if it has one, and reason."""
    i = bad[0]
    path = "" if records.paths is None else f" ({records.paths[i]})"
    return f"{str(records.ids[i])!r}{path}: {findings[i].problem}"


def _with_findings(records: Records, findings: list[Finding]) -> Records:
    blobs = records.blobs
    if any(found.converted for found in findings):
        before = blobs or (b"",) * len(records)
        blobs = tuple(found.converted or old for found, old in zip(findings, before, strict=True))
    digests = np.array([found.digest for found in findings], dtype=str)
    return dataclasses.replace(records, blobs=blobs, digests=digests)


def _without(dataset: RetrievalDataset, bad: np.ndarray) -> RetrievalDataset:
    """The data set less some pictures; classes that vanish with them lose their label."""
    if not len(bad):
        return dataset
    kept = np.setdiff1d(np.arange(len(dataset.records)), bad)
    records = dataset.records.take(kept)
    classes = np.flatnonzero(records.class_counts())
    if records.multi_label:
        labels = records.labels[:, classes]
    else:
        labels = np.searchsorted(classes, records.labels)
    names = tuple(records.class_names[c] for c in classes)
    return dataclasses.replace(
        dataset,
        records=dataclasses.replace(records, labels=labels, class_names=names),
        train=np.flatnonzero(np.isin(kept, dataset.train)),
        database=np.flatnonzero(np.isin(kept, dataset.database)),
        query=np.flatnonzero(np.isin(kept, dataset.query)),
    )


def _oddities(findings: list[Finding]) -> list[str]:
    notes = []
    if rotated := sum(found.rotated for found in findings):
        notes.append(f"EXIF orientation ignored, alike everywhere: {_pictures(rotated)}")
    converted = [found for found in findings if found.converted]
    if converted:
        kinds = ", ".join(sorted({found.kind for found in converted}))
        size = sum(len(found.converted) for found in converted) / 2**20
        notes.append(
            f"{kinds} converted to PNG in memory, {size:.1f} MiB: {_pictures(len(converted))}"
        )
    return notes


def _copies(dataset: RetrievalDataset) -> list[str]:
    """Queries whose exact bytes are also trained on or searched."""
    digests, ids = dataset.records.digests, dataset.records.ids
    assert digests is not None
    others = np.setdiff1d(np.union1d(dataset.train, dataset.database), dataset.query)
    twin = dict(zip(digests[others].tolist(), ids[others].tolist(), strict=True))
    copied = [i for i in dataset.query if digests[i] in twin]
    if not copied:
        return []
    first, other = str(ids[copied[0]]), twin[digests[copied[0]]]
    return [
        f"queries that are exact copies of a database or training picture: {len(copied)} of "
        f"{len(dataset.query)}, first {first!r} of {other!r}"
    ]


def _hopeless(dataset: RetrievalDataset) -> list[str]:
    """Queries that nothing in the database is relevant to."""
    records = dataset.records
    offered = records.class_counts(dataset.database) > 0
    lost = int((~records.showing(offered, dataset.query)).sum())
    if lost == len(dataset.query):
        raise DataError("no query has a picture of its class in the database: check the split")
    if not lost:
        return []
    return [f"queries without a picture of their class in the database: {lost}"]


def _pictures(count: int) -> str:
    return f"{count} picture{'s' if count > 1 else ''}"
