"""Grocery Store (Klasson et al. 2019): products photographed in shops, as things to find.

```
train.txt, val.txt, test.txt    train/Fruit/Apple/Pink-Lady/Pink-Lady_001.jpg, 2, 0
train/, val/, test/             the pictures
```

The folder is `dataset/` of github.com/marcusklasson/GroceryStoreDataset (MIT licence).
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import numpy as np

from data_pipelines.instances import (
    InstanceBenchmark,
    InstancePairs,
    others_of_a_thing,
    pairs_within,
)
from data_pipelines.records import DataError, Records
from data_pipelines.sources.kinds import PairSet
from tfretrieval.files import leads_out

PARTS = ("train", "val", "test")
COUNTS = (2640, 296, 2485)
"""Pictures of the published parts."""


def read_grocery_store(
    data_dir: str | None = None,
) -> tuple[InstancePairs, InstancePairs, InstanceBenchmark]:
    """Pairs to learn from, pairs to choose by, and the benchmark, by the official split.

    Two pictures of one product belong together. In the benchmark each test picture searches the
    other test pictures: protocol "all". The three parts show the same products in other
    photographs.

    Args:
        data_dir: the folder of the lists, or the folder that holds it as `dataset/`.

    Raises:
        DataError: a list is not there or cannot be read, or its pictures are missing.
    """
    root = Path(data_dir or "")
    if not (root / "train.txt").exists() and (root / "dataset/train.txt").exists():
        root /= "dataset"
    train, val, test = (_part(root, part) for part in PARTS)
    notes = ["the official split: new photographs of the products that are learned, none is new"]
    counts = tuple(map(len, (train, val, test)))
    if counts != COUNTS:
        notes.append(f"{counts} pictures in {', '.join(PARTS)}, the published set has {COUNTS}")
    return (
        InstancePairs("grocery_store train", train, pairs_within(train.labels), tuple(notes)),
        InstancePairs("grocery_store val", val, pairs_within(val.labels), tuple(notes)),
        _benchmark(test, tuple(notes)),
    )


def _benchmark(test: Records, notes: tuple[str, ...]) -> InstanceBenchmark:
    """Each picture of a product with others searches all; it does not count itself."""
    searching = np.flatnonzero(np.bincount(test.labels)[test.labels] > 1)
    truth = others_of_a_thing(test.labels, searching)
    return InstanceBenchmark("grocery_store", test, test.take(searching), {"all": truth}, notes)


def _part(root: Path, part: str) -> Records:
    """The pictures of a list; labels are its products, numbered from 0 by name."""
    file = root / f"{part}.txt"
    try:
        lines = file.read_text().splitlines()
    except OSError as error:
        raise DataError(
            f"{str(file)!r}: {error.strerror}; --data-dir is the folder dataset/ of "
            "github.com/marcusklasson/GroceryStoreDataset"
        ) from error
    names = [line.split(",")[0].strip() for line in lines if line.strip()]
    for name in names:
        if leads_out(name):
            raise DataError(f"{str(file)!r} lists {name!r}, which is not inside its folder")
        if not (root / name).is_file():
            raise DataError(f"{str(file)!r} lists {name!r}, which is not there")
    if not names:
        raise DataError(f"{str(file)!r} lists no pictures")
    # A folder a product; two products of different kinds may be called alike.
    folders = [str(PurePosixPath(*PurePosixPath(name).parts[1:-1])) for name in names]
    products, labels = np.unique(folders, return_inverse=True)
    return Records(
        ids=np.array(names),
        labels=labels.reshape(-1),
        class_names=tuple(PurePosixPath(product).name for product in products),
        paths=np.array([str((root / name).absolute()) for name in names]),
    )


def _read(
    data_dir: str | None,
) -> tuple[InstancePairs, InstancePairs, tuple[InstanceBenchmark, ...]]:
    train, val, benchmark = read_grocery_store(data_dir)
    return train, val, (benchmark,)


GROCERY_STORE = PairSet("grocery_store", _read, brings_benchmark=True)
