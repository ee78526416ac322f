"""Caltech256 (Griffin, Holub and Perona 2007) as its archive lays it out.

```
256_ObjectCategories/001.ak47/001_0001.jpg     class 001, picture 0001
256_ObjectCategories/056.dog/greg/             strays, passed over
256_ObjectCategories/198.spider/RENAME2
256_ObjectCategories/257.clutter/              background, no class: left out
```

It has no boxes and no split of its own. Here `TRAINING` pictures of each class train, drawn by the
SHA-256 of their ids: the same ones with every version of every library.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from data_pipelines.records import DataError, Listing, Records
from data_pipelines.sources.layout import Archive, Layout, Prepared
from data_pipelines.sources.published_set import PublishedSet

FOLDER = "256_ObjectCategories"
CLUTTER = "257.clutter"
TRAINING = 60

_CLASS = re.compile(r"\d{3}\..+")
_PICTURE = re.compile(r"\d{3}_\d{4}\.jpg")


def read_caltech256(root: Path) -> Listing:
    """The pictures below `root`, by part and id; ids begin with `256_ObjectCategories/`.

    Raises:
        DataError: no class folders, or no pictures in them.
    """
    folders = sorted(
        path
        for path in root.iterdir()
        if _CLASS.fullmatch(path.name) and path.name != CLUTTER and path.is_dir()
    )
    rows = [
        (label, path)
        for label, folder in enumerate(folders)
        for path in sorted(folder.iterdir())
        if _PICTURE.fullmatch(path.name) and path.name[:3] == folder.name[:3]
    ]
    if not rows:
        raise DataError(f"{str(root)!r} has no pictures such as 001.ak47/001_0001.jpg")
    labels = np.array([label for label, _ in rows])
    records = Records(
        ids=np.array([f"{FOLDER}/{path.parent.name}/{path.name}" for _, path in rows]),
        labels=labels,
        class_names=tuple(folder.name for folder in folders),
        paths=np.array([str(path.absolute()) for _, path in rows]),
    )
    trains = drawn(records.ids, labels, TRAINING)
    note = (
        f"no published split: {TRAINING} pictures of each class train, the others are queries; "
        f"SHA-256 of the list of the former {checksum(records.ids[trains])[:16]}"
    )
    order = np.argsort(~trains, kind="stable")
    return Listing(records.take(order), np.where(trains[order], "train", "test"), (note,))


def drawn(ids: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """Bool `[N]`: of each class the `count` ids whose SHA-256 come first.

    >>> ids = np.array(["a", "b", "c", "d"])
    >>> drawn(ids, np.array([0, 0, 0, 1]), 1).tolist()
    [False, False, True, True]
    """
    order = np.argsort([hashlib.sha256(name.encode()).hexdigest() for name in ids])
    first = np.zeros(len(ids), bool)
    for label in np.unique(labels):
        first[order[labels[order] == label][:count]] = True
    return first


def checksum(ids: Iterable[str]) -> str:
    """SHA-256 (hex) of the sorted ids, a line each."""
    return hashlib.sha256("".join(f"{name}\n" for name in sorted(ids)).encode()).hexdigest()


CALTECH256 = PublishedSet(
    Layout(
        "caltech256",
        folder=FOLDER,
        marks=("001.ak47", "256.toad"),
        archives=(
            Archive(
                "256_ObjectCategories.tar",
                "https://data.caltech.edu/records/nyy15-4j048/files/256_ObjectCategories.tar?download=1",
                # The MD5 on its page.
                "67b4f42ca05d46448c6bb8ecd2220f6d",
            ),
        ),
        size="1.2 GB",
        prepared=Prepared(builder="Caltech256"),
    ),
    read_caltech256,
    counts=(15360, 14420, 256),
)
