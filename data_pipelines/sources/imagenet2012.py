"""ImageNet (ILSVRC 2012) with a folder for each class, as it is commonly unpacked.

```
train/n01440764/n01440764_10026.JPEG
val/n01440764/ILSVRC2012_val_00000293.JPEG
```

The archive of the validation pictures is flat and does not say which class they show. The test part
has no labels: the validation part searches.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from data_pipelines.records import DataError, Listing, Records
from data_pipelines.sources.layout import Layout, Prepared
from data_pipelines.sources.published_set import PublishedSet

PARTS = {"train": "train", "test": "val"}
SUFFIX = ".JPEG"


def read_imagenet2012(root: Path) -> Listing:
    """The pictures below `root`, listed and not opened, by part and id.

    Ids are the file names, as in TFDS; classes are the WordNet numbers, in order.

    Raises:
        DataError: a part has no class folders, or pictures of a class that does not train.
    """
    names = _folders(root / PARTS["train"])
    number = {name: label for label, name in enumerate(names)}
    ids, labels, splits, paths = [], [], [], []
    for split, folder in PARTS.items():
        for name in _folders(root / folder):
            if name not in number:
                raise DataError(f"{str(root)!r} has no class {name!r} in train/, but in {folder}/")
            place = os.path.abspath(root / folder / name)
            found = list(_pictures(place))
            ids += found
            paths += [os.path.join(place, file) for file in found]
            labels += [number[name]] * len(found)
            splits += [split] * len(found)
    if not ids:
        raise DataError(f"{str(root)!r} has no pictures such as train/n01440764/NAME{SUFFIX}")
    order = np.lexsort((ids, np.array(splits) == "test"))
    records = Records(
        ids=np.array(ids)[order],
        labels=np.array(labels)[order],
        class_names=tuple(names),
        paths=np.array(paths)[order],
    )
    return Listing(records, np.array(splits)[order])


def _folders(part: Path) -> list[str]:
    with os.scandir(part) as entries:
        names = sorted(entry.name for entry in entries if entry.is_dir() and entry.name[:1] == "n")
    if not names:
        raise DataError(f"{str(part)!r} has no class folders such as n01440764: sort them in")
    return names


def _pictures(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(SUFFIX) and entry.name[:1] != ".":
                yield entry.name


IMAGENET2012 = PublishedSet(
    Layout(
        "imagenet2012",
        folder="",
        marks=tuple(PARTS.values()),
        archives=(),
        size="",
        prepared=Prepared({"train": "train", "validation": "test"}, large=True),
        hint="in both are class folders such as n01440764; TFDS prepares the archives",
    ),
    read_imagenet2012,
    counts=(1281167, 50000, 1000),
)
