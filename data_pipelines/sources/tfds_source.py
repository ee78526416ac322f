"""Prepared TensorFlow Datasets as records: encoded pictures in memory, nothing decoded.

Used of a builder's features are `image`, `label`, and where they exist `image/filename`,
`file_name` or `id` as the id, `bbox` or `objects/bbox` (the smallest box around all), and `domain`.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import absl.logging
import numpy as np
import tensorflow_datasets as tfds
from tqdm import tqdm

from data_pipelines.records import DataError, Listing, Records
from data_pipelines.sources.boxes import around, put_right

Fetch = Callable[[np.ndarray], Sequence[bytes]]
_ID_FEATURES = ("image/filename", "file_name", "id")


def read_tfds(
    builder: str | tfds.core.DatasetBuilder,
    splits: tuple[str, ...],
    data_dir: str | None = None,
    *,
    download: bool = False,
    later: bool = False,
) -> Listing:
    """The given splits of a TFDS data set, ordered by split and id.

    Boxes with swapped corners are put right, empty ones become the whole picture, and the changed
    ones are counted.

    Args:
        builder: a name, or a builder (which brings its own `data_dir`).
        data_dir: where prepared data are kept; by default TFDS's own place.
        download: prepare what is not there, which may fetch and write much.
        later: leave the pictures for `Records.fetched`, which reads all data once more and keeps
            those that are still wanted by then; for sets that memory cannot hold.

    Raises:
        DataError: not prepared and not allowed to, preparing failed, or a split is missing.
    """
    if isinstance(builder, str):
        builder = tfds.builder(builder, data_dir=data_dir)
    _prepare(builder, download)
    missing = [split for split in splits if split not in builder.info.splits]
    if missing:
        raise DataError(f"{builder.name} as prepared has no split {missing[0]!r}: prepare it again")
    rows = [
        (split, row)
        for split in splits
        for row in sorted(_rows(builder, split, pictures=not later), key=lambda row: row["id"])
    ]
    fetch = _later(builder, splits, len(rows)) if later else None
    records, notes = _records(builder, [row for _, row in rows], fetch)
    return Listing(records, np.array([split for split, _ in rows]), notes)


def is_prepared(name: str, data_dir: str | None = None) -> bool:
    """Whether TFDS has this data set ready, here or in its own place; nothing is fetched."""
    if data_dir and not os.path.isdir(data_dir):
        return False
    return bool(tfds.builder(name, data_dir=data_dir).info.splits)


def _prepare(builder: tfds.core.DatasetBuilder, download: bool) -> None:
    if builder.info.splits and not download:
        return
    if not download:
        place = builder.data_path.parent.parent
        raise DataError(
            f"{builder.name} is not prepared in {str(place)!r}: pass --download, point --data-dir "
            "to where TFDS has prepared it, or use the data set 'folder' on unpacked pictures"
        )
    try:
        builder.download_and_prepare()
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{builder.name} could not be prepared: {reason}") from error


@contextlib.contextmanager
def _without_deprecations() -> Iterator[None]:
    """TFDS warns of its own use of its own deprecated names; nobody here can act on that."""
    before = absl.logging.get_verbosity()
    absl.logging.set_verbosity(absl.logging.ERROR)
    try:
        yield
    finally:
        absl.logging.set_verbosity(before)


def _later(builder: tfds.core.DatasetBuilder, splits: tuple[str, ...], total: int) -> Fetch:
    def fetch(ids: np.ndarray) -> list[bytes]:
        if len(ids) == total:
            raise DataError(
                f"{builder.name} as TFDS keeps it is too large for memory: keep part of it with "
                "--classes or --per-class, or point --data-dir to the unpacked folder"
            )
        pictures = dict.fromkeys(ids.tolist(), b"")
        for split in splits:
            for row in _rows(builder, split, pictures=True):
                if row["id"] in pictures:
                    pictures[row["id"]] = row["image"]
        return list(pictures.values())

    return fetch


def _rows(
    builder: tfds.core.DatasetBuilder, split: str, *, pictures: bool
) -> Iterator[dict[str, Any]]:
    features = builder.info.features
    useful = ("label", "bbox", "objects", "domain", *_ID_FEATURES)
    wanted = [name for name in useful if name in features] + ["image"] * pictures
    decoders = tfds.decode.PartialDecoding(
        {name: True for name in wanted},
        decoders={"image": tfds.decode.SkipDecoding()} if pictures else None,
    )
    id_feature = next((name for name in _ID_FEATURES if name in features), None)
    with _without_deprecations():
        data = tfds.as_numpy(builder.as_dataset(split=split, decoders=decoders))
        bar = tqdm(data, f"reading {builder.name}", delay=3, disable=None)
        for i, row in enumerate(bar):
            name = row[id_feature] if id_feature else i
            row["id"] = name.decode() if isinstance(name, bytes) else f"{split}/{name:06d}"
            yield row


def _records(
    builder: tfds.core.DatasetBuilder, rows: list[dict[str, Any]], later: Fetch | None
) -> tuple[Records, tuple[str, ...]]:
    boxes = None
    notes: tuple[str, ...] = ()
    features = builder.info.features
    if "bbox" in features:
        boxes, notes = put_right(np.array([row["bbox"] for row in rows]))
    elif "objects" in features:
        boxes, notes = put_right(np.array([around(row["objects"]["bbox"]) for row in rows]))
    has_domain = "domain" in features
    records = Records(
        ids=np.array([row["id"] for row in rows], dtype=str),
        labels=np.array([row["label"] for row in rows]),
        class_names=tuple(features["label"].names),
        blobs=None if later else tuple(row["image"] for row in rows),
        boxes=boxes,
        domains=np.array([row["domain"] for row in rows]) if has_domain else None,
        later=later,
    )
    return records, notes
