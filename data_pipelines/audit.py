"""One look at every picture before anything is trained on them.

A picture must decode by the rules of `tfretrieval.images`, so that nothing fails hours later.
Formats that TensorFlow does not read (WebP, BMP, GIF, TIFF, ...) are converted to PNG whenever they
are read, under the same id (`tfretrieval.convert`). What is odd but usable is counted and told
in a line. What was found is kept in the cache folder (`verdicts`), and so found once.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import io
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import tensorflow as tf
from PIL import Image
from tqdm import tqdm

from data_pipelines.records import DataError, Records, RetrievalDataset
from data_pipelines.split import settle_singletons
from data_pipelines.verdicts import Finding, Verdicts
from tfretrieval import images
from tfretrieval.convert import ORIENTATION, as_png, why_unknown

ROOM = 2**29
"""Bytes of pixels that all threads together decode at a time, unless one picture has more."""

# Bytes that a pixel takes on the way, as measured: of JPEG, of PNG and what becomes one, with
# transparency.
_JPEG, _PNG, _CLEAR = 3, 15, 36
# Frames, not a second picture for other screens as in a JPEG.
_ANIMATED = ("GIF", "WEBP", "TIFF", "PNG", "AVIF")


class Room:
    """Lets threads in as long as there is room for what they hold; alone, anyone is let in.

    >>> room = Room(10)
    >>> with room.holding(6), room.holding(4):
    ...     room.taken
    10
    """

    def __init__(self, size: int):
        self.size, self.taken = size, 0
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def holding(self, amount: int) -> Iterator[None]:
        """Waits until `amount` fits, and holds it."""
        with self._changed:
            self._changed.wait_for(lambda: not self.taken or self.taken + amount <= self.size)
            self.taken += amount
        try:
            yield
        finally:
            with self._changed:
                self.taken -= amount
                self._changed.notify_all()


_ROOM = Room(ROOM)


def examine(contents: bytes) -> Finding:
    """Examine one picture: its SHA-256, why it cannot be used, and what is odd about it.

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
        return dataclasses.replace(found, problem=_without_header(contents))
    width, height = header.size
    if width * height > images.MAX_PIXELS:
        problem = f"{width} x {height} pixels, more than {images.MAX_PIXELS}"
        return dataclasses.replace(found, problem=problem)
    clear = header.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in header.info
    found = dataclasses.replace(
        found,
        kind=header.format or "",
        rotated=_rotated(header),
        foreign=not images.readable_format(contents),
        frames=header.format in _ANIMATED and _several_frames(header),
    )
    is_jpeg = contents.startswith(b"\xff\xd8")
    pixel = _JPEG if is_jpeg else _CLEAR if clear else _PNG
    with _ROOM.holding(width * height * pixel):
        problem = _foreign_problem(contents) if found.foreign else _decoding_problem(contents)
        blank = clear and not problem and _all_clear(contents)
    return dataclasses.replace(found, problem=problem, blank=blank)


def audit(
    dataset: RetrievalDataset,
    *,
    skip_unreadable: bool = False,
    singletons: str = "keep",
    progress: bool = True,
    beam: str | None = None,
) -> RetrievalDataset:
    """The same data set, every picture of it readable, with `notes` on what was noticed.

    Args:
        skip_unreadable: leave such pictures out and list them, instead of stopping.
        singletons: "keep" or "refuse", see `split.settle_singletons`.
        progress: show a bar on a terminal, if it takes longer than a few seconds.
        beam: spread over workers by Beam: a runner and its options (`beam_run.arguments`). What is
            found is the same.

    Raises:
        DataError: a picture cannot be read, a part is empty, no query has anything to find.
    """
    findings = _examine_all(dataset.records, progress, beam)
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
    more = (*_oddities(kept), *_copies(dataset), *_hopeless(dataset), *_untrained(dataset))
    return dataclasses.replace(dataset, notes=(*dataset.notes, *more))


def readable(
    records: Records, name: str, progress: bool = True, beam: str | None = None
) -> Records:
    """The same pictures, all of them readable, with their digests.

    Args:
        name: of the data set, for the message.
        progress, beam: as of `audit`.

    Raises:
        DataError: a picture cannot be read.
    """
    findings = _examine_all(records, progress, beam)
    if bad := [i for i, found in enumerate(findings) if found.problem]:
        raise DataError(
            f"{name}: cannot read {_pictures(len(bad))} of {len(findings)}, first "
            f"{_told(records, findings, bad)}; fetch or unpack them again"
        )
    return _with_findings(records, findings)


def _examine_all(records: Records, progress: bool, beam: str | None) -> list[Finding]:
    verdicts = Verdicts(records)
    # Here and not where threads are: the filters are those of the process, and a thread that puts
    # them back takes away another's.
    with warnings.catch_warnings():
        # Remarks on odd files: the verdict is ours.
        warnings.filterwarnings("ignore", module=r"PIL\.")
        if beam is not None:
            from data_pipelines.audit_shards import examine_by_beam

            return examine_by_beam(records, verdicts, beam)
        found = examined(records, verdicts.before)
        hidden = None if progress else True
        findings = [*tqdm(found, "looking at pictures", len(records), delay=3, disable=hidden)]
    verdicts.keep(findings)
    return findings


def examined(
    records: Records, before: Callable[[int], Finding | None] = lambda index: None
) -> Iterator[Finding]:
    """What is found in each picture, in order, by a thread for each core.

    Args:
        before: what is known of a picture by its index; what is not is looked at.
    """

    def found_in(index: int) -> Finding:
        if known := before(index):
            return known
        try:
            contents = records.original(index)
        except OSError as error:
            return Finding("", problem=f"{error.strerror or error}".lower())
        except MemoryError:
            return Finding("", problem="too large for memory")
        return examine(contents)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(found_in, range(len(records)))


@tf.function(input_signature=[tf.TensorSpec([], tf.string)], jit_compile=False)
def _decode(contents: tf.Tensor) -> tf.Tensor:
    size = images.shape(contents)
    return tf.shape(images.decode_window(contents, tf.concat([[0, 0], size], 0)))


def _decoding_problem(contents: bytes) -> str:
    """Why `images.decode` would fail, or nothing."""
    try:
        _decode(contents)
    except tf.errors.InvalidArgumentError:
        return "truncated or damaged"
    return ""


def _foreign_problem(contents: bytes) -> str:
    try:
        as_png(contents)
    except ValueError as error:
        return str(error)
    return ""


def _without_header(contents: bytes) -> str:
    """Why Pillow finds no picture, where TensorFlow finds none either."""
    if images.readable_format(contents):
        return _decoding_problem(contents)
    return why_unknown(contents)


def _all_clear(contents: bytes) -> bool:
    """Whether the alpha channel is 0 everywhere."""
    with Image.open(io.BytesIO(contents)) as picture:
        return picture.convert("RGBA").getchannel("A").getextrema()[1] == 0


def _several_frames(header: Image.Image) -> bool:
    try:
        return bool(getattr(header, "is_animated", False))
    except Exception:  # noqa: BLE001 - frames behind the first may be damaged and harm nobody
        return True


def _rotated(header: Image.Image) -> bool:
    try:
        return header.getexif().get(ORIENTATION, 1) not in (0, 1)
    except Exception:  # noqa: BLE001 - a broken EXIF block may fail anyhow and harms nobody
        return False


def _told(records: Records, findings: list[Finding], bad: list[int]) -> str:
    """The first bad picture in words: id, path if it has one, and reason."""
    i = bad[0]
    path = "" if records.paths is None else f" ({records.paths[i]})"
    return f"{str(records.ids[i])!r}{path}: {findings[i].problem}"


def _with_findings(records: Records, findings: list[Finding]) -> Records:
    digests = np.array([found.digest for found in findings], dtype=str)
    foreign = np.array([found.foreign for found in findings])
    return dataclasses.replace(records, digests=digests, foreign=foreign if foreign.any() else None)


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
    if foreign := [found for found in findings if found.foreign]:
        kinds = ", ".join(sorted({found.kind for found in foreign}))
        notes.append(
            f"{kinds} converted to PNG in memory, each when it is read: {_pictures(len(foreign))}"
        )
    if frames := sum(found.frames for found in findings):
        notes.append(f"of several frames the first is used: {_pictures(frames)}")
    if blank := sum(found.blank for found in findings):
        notes.append(f"transparent everywhere, so read by their colours: {_pictures(blank)}")
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


def _untrained(dataset: RetrievalDataset) -> list[str]:
    """Classes that are searched for and not trained on, where others are."""
    records = dataset.records
    trained = records.class_counts(dataset.train) > 0
    absent = np.flatnonzero((records.class_counts(dataset.query) > 0) & ~trained)
    lost = int((~records.showing(trained, dataset.query)).sum())
    if not lost or lost == len(dataset.query):
        return []
    return [
        f"queries of classes without a training picture: {lost}, of {len(absent)} classes such as "
        f"{records.class_names[absent[0]]!r}"
    ]


def _pictures(count: int) -> str:
    return f"{count} picture{'s' if count > 1 else ''}"
