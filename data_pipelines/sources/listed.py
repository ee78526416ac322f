"""Pictures that a data set's own files list, read in place."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from data_pipelines.records import DataError, Listing, Records
from data_pipelines.sources.boxes import picture_size, put_right
from tfretrieval.files import leads_out

PARTS = ("train", "test")


class ListedPicture(NamedTuple):
    """A listed picture: `path` below the root; `box` in pixels, as ymin, xmin, ymax, xmax.

    The box refers to `size` (height, width), by default to that in the picture's header.
    """

    path: str
    label: int
    split: str
    box: tuple[float, ...]
    size: tuple[float, float] | None = None


def listing(
    root: Path, rows: Iterable[ListedPicture], class_names: tuple[str, ...], prefix: str = ""
) -> Listing:
    """The listed pictures that are there, by part and path; a note counts those that are not.

    Args:
        prefix: what stands before the path in an id.

    Raises:
        DataError: a path leads out of the root, or none of the pictures is there.
    """
    rows = sorted(rows, key=lambda row: (PARTS.index(row.split), row.path))
    for row in rows:
        if leads_out(row.path):
            raise DataError(f"{str(root)!r} lists {row.path!r}, which is not inside it")
    missing = [row.path for row in rows if not (root / row.path).is_file()]
    gone = set(missing)
    rows = [row for row in rows if row.path not in gone]
    if not rows:
        raise DataError(f"{str(root)!r} has none of the pictures that it lists")
    notes: tuple[str, ...] = ()
    if missing:
        notes = (f"{len(missing)} listed pictures are not there, first {missing[0]!r}",)
    sizes = np.array([row.size or picture_size(root / row.path) for row in rows], float)
    boxes = np.array([row.box for row in rows], float) / np.tile(np.maximum(sizes, 1), 2)
    boxes, changed = put_right(boxes)
    records = Records(
        ids=np.array([prefix + row.path for row in rows]),
        labels=np.array([row.label for row in rows]),
        class_names=class_names,
        paths=np.array([str((root / row.path).absolute()) for row in rows]),
        boxes=boxes,
    )
    return Listing(records, np.array([row.split for row in rows]), (*notes, *changed))


def folder_names(paths: Iterable[str], labels: Iterable[int]) -> tuple[str, ...]:
    """Each class is called after the folder that its pictures lie in.

    Raises:
        DataError: labels do not count up from 0, or a class lies in two folders.

    >>> folder_names(["images/b.Wren/1.jpg", "images/a.Finch/2.jpg"], [1, 0])
    ('a.Finch', 'b.Wren')
    """
    names: dict[int, str] = {}
    for path, label in zip(paths, labels, strict=True):
        name = PurePosixPath(path).parent.name
        if names.setdefault(int(label), name) != name:
            raise DataError(f"class {label} lies in two folders, {names[int(label)]!r}, {name!r}")
    if sorted(names) != list(range(len(names))):
        raise DataError(f"the {len(names)} classes are not numbered one after the other")
    return tuple(names[label] for label in sorted(names))
