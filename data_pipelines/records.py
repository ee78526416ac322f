"""What a data set is: columns of pictures, and three lists that say which part each one plays.

Everything downstream reads only `Records` and `RetrievalDataset`; nothing there knows whether the
pictures came from a folder or from TFDS.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
import stat
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import tensorflow as tf

MAX_CLASSES = 2**24
"""Keras hands labels to losses as float32, which holds whole numbers exactly up to here."""

SKETCH, PHOTO = 0, 1


class DataError(ValueError):
    """Data that cannot be used; its message is one line for the user that says what to do."""


def whole_numbers(values: Any, what: str) -> np.ndarray:
    """`values` as int64 of the same shape; what int64 cannot hold is refused and never wrapped.

    Args:
        values: numbers of any kind, such as a list, an array or a column of pandas.
        what: what the message calls them.

    Raises:
        ValueError: a value that is infinite, NaN or missing, not whole, or beyond int64.

    >>> whole_numbers([3.0, 4.0], "labels").tolist()
    [3, 4]
    >>> whole_numbers(np.array([2**63], np.uint64), "labels")
    Traceback (most recent call last):
    ValueError: labels must be whole numbers within int64, got 9223372036854775808
    """
    given = np.asarray(values)
    if given.dtype.kind in "bi":
        return given.astype(np.int64)
    if given.dtype.kind == "u":
        wrong = given > np.iinfo(np.int64).max
    elif given.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            wrong = ~(np.isfinite(given) & (given % 1 == 0) & (np.abs(given) < 2.0**63))
    else:
        wrong = np.array([not _is_whole(value) for value in given.ravel()], bool)
        wrong = wrong.reshape(given.shape)
    if wrong.any():
        first = given[wrong].ravel()[0]
        raise ValueError(f"{what} must be whole numbers within int64, got {first}")
    return given.astype(np.int64)


def _is_whole(value: Any) -> bool:
    """Whether one object out of a column of any kind is a whole number that int64 holds."""
    if not isinstance(value, (int, float, np.integer, np.floating)):
        return False
    number = value.item() if isinstance(value, np.generic) else value
    return number == number and abs(number) < 2**63 and number % 1 == 0


def read_regular(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a file; raises `OSError` for what is none."""
    must_be_regular(path)
    with open(path, "rb") as file:
        return file.read()


def must_be_regular(path: str | os.PathLike[str]) -> None:
    """Raises `OSError` for what is no file, such as a pipe: opening one would wait for ever."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(None, "not a regular file", os.fspath(path))


@dataclasses.dataclass(frozen=True, eq=False)
class Records:
    """N pictures, column by column.

    A picture's encoded bytes are `blobs[i]`, or the file `paths[i]` where there are no blobs or
    this one is empty. Those of a `foreign` format are converted whenever they are read, so that
    memory holds one of them at a time and not all.

    Attributes:
        ids: `[N]` str, unique: the path inside the archive or folder.
        labels: int32 `[N]`, or multi-hot uint8 `[N, classes]` with at least one class a picture.
        class_names: one name a class; labels index it.
        paths: `[N]` str, absolute; read when needed.
        blobs: N encoded pictures.
        boxes: float32 `[N, 4]`: ymin, xmin, ymax, xmax in [0, 1], ymin < ymax and xmin < xmax.
        domains: int32 `[N]`: 0 sketch, 1 photo.
        digests: `[N]` str, SHA-256 of each picture's bytes as they came, filled in by the audit.
        foreign: bool `[N]`: read as PNG (`convert.as_png`), filled in by the audit.
        later: from ids to their bytes, all in one go; for pictures that `fetched` has yet to bring.

    Raises:
        ValueError: columns of different lengths, ids that repeat or hold NUL, labels that are no
            whole numbers, labels or boxes out of range.

    >>> records = Records(ids=["a", "b"], labels=[1, 0], class_names=("x", "y"), blobs=(b"1", b"2"))
    >>> records.take([1]).ids.tolist(), len(records), records.num_classes
    (['b'], 2, 2)
    """

    ids: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    paths: np.ndarray | None = None
    blobs: tuple[bytes, ...] | None = None
    boxes: np.ndarray | None = None
    domains: np.ndarray | None = None
    digests: np.ndarray | None = None
    foreign: np.ndarray | None = None
    later: Callable[[np.ndarray], Sequence[bytes]] | None = None

    def __post_init__(self) -> None:
        columns = {
            "ids": _texts(self.ids, "ids"),
            "labels": self._whole_labels(),
            "paths": None if self.paths is None else _texts(self.paths, "paths"),
            "boxes": None if self.boxes is None else np.asarray(self.boxes, np.float32),
            "domains": None if self.domains is None else whole_numbers(self.domains, "domains"),
            "digests": None if self.digests is None else np.asarray(self.digests, dtype=str),
            "foreign": None if self.foreign is None else np.asarray(self.foreign, bool),
        }
        for name, column in columns.items():
            object.__setattr__(self, name, column)
        object.__setattr__(self, "class_names", tuple(self.class_names))
        if self.blobs is not None:
            object.__setattr__(self, "blobs", tuple(self.blobs))
        self._check()
        if self.domains is not None:
            object.__setattr__(self, "domains", self.domains.astype(np.int32))

    def _whole_labels(self) -> np.ndarray:
        """Checked before they are narrowed, so that no label becomes another by wrapping."""
        labels = whole_numbers(self.labels, "labels")
        if labels.ndim == 1:
            if len(labels) and not 0 <= labels.min() <= labels.max() < len(self.class_names):
                raise ValueError(
                    f"labels must lie in 0..{len(self.class_names) - 1}, one for each class name"
                )
            return labels.astype(np.int32)
        if not ((labels == 0) | (labels == 1)).all():
            raise ValueError("labels [N, classes] must be 0 or 1, with a 1 in every row")
        return labels.astype(np.uint8)

    def _check(self) -> None:
        n, classes = len(self.ids), len(self.class_names)
        for field in ("labels", "paths", "blobs", "boxes", "domains", "digests", "foreign"):
            column = getattr(self, field)
            if column is not None and len(column) != n:
                raise ValueError(f"{field} has {len(column)} rows for {n} ids")
        read = self.paths is not None or (self.blobs is not None and all(self.blobs))
        if not read and self.later is None:
            raise ValueError("every picture needs a path or its bytes")
        unique, counts = np.unique(self.ids, return_counts=True)
        if len(unique) < n:
            raise ValueError(f"ids must be unique, {str(unique[counts.argmax()])!r} repeats")
        if classes > MAX_CLASSES:
            raise ValueError(f"at most {MAX_CLASSES} classes are possible, got {classes}")
        if self.labels.ndim > 1 and (
            self.labels.shape != (n, classes) or not self.labels.any(1).all()
        ):
            raise ValueError("labels [N, classes] must be 0 or 1, with a 1 in every row")
        if self.boxes is not None and (
            self.boxes.shape != (n, 4)
            or not ((self.boxes >= 0) & (self.boxes <= 1)).all()
            or not (self.boxes[:, :2] < self.boxes[:, 2:]).all()
        ):
            raise ValueError("boxes must be [N, 4]: ymin < ymax and xmin < xmax, all in [0, 1]")
        if self.domains is not None and not np.isin(self.domains, (SKETCH, PHOTO)).all():
            raise ValueError("domains must be 0 (sketch) or 1 (photo)")

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def num_classes(self) -> int:
        return len(self.class_names)

    @property
    def multi_label(self) -> bool:
        return self.labels.ndim == 2

    @property
    def membership(self) -> np.ndarray:
        """Bool `[N, classes]`: which picture shows which class, for both kinds of labels.

        A byte for each: of a large set ask `class_counts` or `showing` instead.
        """
        if self.multi_label:
            return self.labels.astype(bool)
        table = np.zeros((len(self), self.num_classes), bool)
        table[np.arange(len(self)), self.labels] = True
        return table

    def class_counts(self, indices: np.ndarray | slice = slice(None)) -> np.ndarray:
        """int64 `[classes]`: how many of the pictures at `indices` (all of them) show each class.

        >>> some = Records(ids=["a", "b"], labels=[1, 1], class_names="xy", blobs=(b"1", b"2"))
        >>> some.class_counts().tolist()
        [0, 2]
        """
        labels = self.labels[indices]
        if self.multi_label:
            return labels.sum(0, dtype=np.int64)
        return np.bincount(labels, minlength=self.num_classes).astype(np.int64)

    def showing(self, classes: np.ndarray, indices: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Bool `[n]`: which pictures at `indices` show one of `classes`, bool `[classes]`."""
        labels = self.labels[indices]
        return (labels.astype(bool) & classes).any(1) if self.multi_label else classes[labels]

    def take(self, indices: Sequence[int] | np.ndarray) -> Records:
        """The pictures at `indices`, in that order; class names and labels stay as they are."""
        indices = whole_numbers(indices, "indices")
        columns = {
            field: column[indices]
            for field in ("ids", "labels", "paths", "boxes", "domains", "digests", "foreign")
            if (column := getattr(self, field)) is not None
        }
        if self.blobs is not None:
            columns["blobs"] = tuple(self.blobs[i] for i in indices)
        return dataclasses.replace(self, **columns)

    def fetched(self) -> Records:
        """The same pictures with their bytes, where those were left for later."""
        if self.later is None:
            return self
        return dataclasses.replace(self, blobs=tuple(self.later(self.ids)), later=None)

    def read(self, index: int) -> bytes:
        """One picture as JPEG or PNG; raises `OSError` where it cannot be read."""
        contents = self.original(index)
        if self.foreign is None or not self.foreign[index]:
            return contents
        from tfretrieval.convert import as_png

        try:
            return as_png(contents)
        except ValueError as error:
            raise OSError(f"{str(self.ids[index])!r}: {error}") from None

    def original(self, index: int) -> bytes:
        """The bytes of one picture as they came; raises `OSError` where they cannot be read."""
        if self.blobs is not None and self.blobs[index]:
            return self.blobs[index]
        assert self.paths is not None
        return read_regular(self.paths[index])

    def content_digests(self) -> np.ndarray:
        """The `digests`, taken now where no audit has filled them in."""
        if self.digests is not None:
            return self.digests
        blobs = (self.original(i) for i in range(len(self)))
        return np.array([hashlib.sha256(blob).hexdigest() for blob in blobs])

    def reader(self) -> Callable[[tf.Tensor], tf.Tensor]:
        """A function from an integer scalar to that picture's bytes, for use inside `tf.data`.

        Bytes in memory are copied into a tensor once and shared by all readers of these records.
        """
        import tensorflow as tf

        paths, blobs, foreign = self._tensors

        def as_it_came(index: tf.Tensor) -> tf.Tensor:
            if blobs is None:
                return tf.io.read_file(tf.gather(paths, index))
            blob = tf.gather(blobs, index)
            if paths is None:
                return blob
            in_memory = tf.strings.length(blob) > 0
            return tf.cond(
                in_memory, lambda: blob, lambda: tf.io.read_file(tf.gather(paths, index))
            )

        if foreign is None:
            return as_it_came

        def converted(index: tf.Tensor) -> tf.Tensor:
            png = tf.numpy_function(lambda i: self.read(int(i)), [index], tf.string, stateful=False)
            return tf.ensure_shape(png, [])

        return lambda index: tf.cond(
            tf.gather(foreign, index), lambda: converted(index), lambda: as_it_came(index)
        )

    @functools.cached_property
    def _tensors(self) -> tuple[tf.Tensor | None, tf.Tensor | None, tf.Tensor | None]:
        import tensorflow as tf

        # On the host and outside any graph: a graph being traced must not own them.
        with tf.init_scope(), tf.device("CPU"):
            paths = None if self.paths is None else [os.fsencode(path) for path in self.paths]
            return (
                None if paths is None else tf.constant(paths, tf.string),
                None if self.blobs is None else tf.constant(self.blobs, tf.string),
                None if self.foreign is None else tf.constant(self.foreign),
            )


@dataclasses.dataclass(frozen=True, eq=False)
class Listing:
    """What a source found, before anyone decides who trains; `split[i]` is "" if none was given."""

    records: Records
    split: np.ndarray
    notes: tuple[str, ...] = ()

    def where(self, *names: str) -> np.ndarray:
        """Indices of the records whose split is one of `names`, int64, ascending."""
        return np.flatnonzero(np.isin(self.split, names)).astype(np.int64)


@dataclasses.dataclass(frozen=True, eq=False)
class RetrievalDataset:
    """Pictures and the parts they play: int64 index arrays into `records`.

    Attributes:
        train: pictures to learn from; never a query.
        database: pictures that are searched.
        query: pictures that are searched with: none of them is in the database, or all are
            (leave-one-out).
        notes: lines worth telling the user, such as how many pictures were left out.

    Raises:
        DataError: an empty part, indices that repeat or do not exist, parts that overlap.
    """

    name: str
    version: str
    records: Records
    train: np.ndarray
    database: np.ndarray
    query: np.ndarray
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for part in ("train", "database", "query"):
            indices = whole_numbers(getattr(self, part), part)
            object.__setattr__(self, part, indices)
            if not len(indices):
                raise DataError(f"data set {self.name} has no {part} pictures")
            if indices.min() < 0 or indices.max() >= len(self.records):
                raise DataError(f"{part} indices must lie in 0..{len(self.records) - 1}")
            if len(np.unique(indices)) < len(indices):
                raise DataError(f"{part} names a picture twice")
        object.__setattr__(self, "notes", tuple(self.notes))
        if np.isin(self.train, self.query).any():
            raise DataError("train and query must not share pictures")
        shared = np.isin(self.query, self.database).sum()
        if shared not in (0, len(self.query)):
            raise DataError("either no query or every query may be in the database")

    @property
    def num_classes(self) -> int:
        return self.records.num_classes

    def parts_csv(self) -> str:
        """The parts as text, to be kept beside a run: a line `id,part,part...` for each picture."""
        parts = {"train": self.train, "database": self.database, "query": self.query}
        members = {name: np.isin(np.arange(len(self.records)), i) for name, i in parts.items()}
        lines = ["id," + ",".join(parts)]
        for i, name in enumerate(self.records.ids):
            # A name that is not UTF-8 could not be written.
            plain = name.encode("utf-8", "backslashreplace").decode()
            quoted = '"' + plain.replace('"', '""') + '"'
            lines.append(quoted + "".join(f",{int(member[i])}" for member in members.values()))
        return "\n".join(lines) + "\n"

    def checksum(self) -> str:
        """SHA-256 (hex) over class names, ids, labels, boxes, domains, parts and picture bytes."""
        records, total = self.records, hashlib.sha256()
        for column in (np.array(records.class_names), records.ids, records.content_digests()):
            total.update("\0".join(column).encode("utf-8", "surrogatepass") + b"\n")
        numbers = (records.labels, records.boxes, records.domains)
        for array in (*numbers, self.train, self.database, self.query):
            if array is not None:
                little = array.astype(array.dtype.newbyteorder("<"), copy=False)
                total.update(f"{array.dtype.name}{array.shape}".encode() + little.tobytes())
        return total.hexdigest()


def _texts(values: Any, what: str) -> np.ndarray:
    """A column of text, such as a list, an array or a column of pandas."""
    if isinstance(values, np.ndarray) and values.dtype.kind == "U":
        if nul := [value for value in values.tolist() if "\0" in value]:
            raise ValueError(f"{what} must not hold NUL, got {nul[0]!r}")
        return values
    return np.array([_text(value, what) for value in np.asarray(values, object).ravel()], str)


def _text(value: Any, what: str) -> str:
    """NumPy would write a missing value as "nan", and drop a NUL at the end without a word."""
    if isinstance(value, (bytes, os.PathLike)):
        value = os.fsdecode(value)
    if not isinstance(value, (str, int, np.integer)):
        raise ValueError(f"{what} must be text, got {value!r}")
    text = str(value)
    if "\0" in text:
        raise ValueError(f"{what} must not hold NUL, got {text!r}")
    return text


def sane_boxes(boxes: np.ndarray) -> tuple[np.ndarray, int]:
    """Boxes with swapped corners put right and edges clipped to [0, 1]; empty ones become the whole
    picture. Returns them, float32 `[N, 4]`, and how many had to be changed.

    >>> boxes, changed = sane_boxes(np.array([[0.75, 0.25, 0.5, 0.5], [0.5, 0.5, 0.5, 0.75]]))
    >>> boxes.tolist(), changed
    ([[0.5, 0.25, 0.75, 0.5], [0.0, 0.0, 1.0, 1.0]], 2)
    """
    given = np.asarray(boxes, np.float32).reshape(-1, 2, 2)
    box = np.clip(np.nan_to_num(np.sort(given, axis=1), nan=0.0), 0, 1)
    box[(box[:, 0] >= box[:, 1]).any(1)] = [[0, 0], [1, 1]]
    return box.reshape(-1, 4), int((box != given).any((1, 2)).sum())
