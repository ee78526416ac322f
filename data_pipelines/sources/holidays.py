"""Holidays (Jegou et al. 2008): groups of photos of one thing or place each.

```
holidays/jpg/100000.jpg     group 1000, its first picture: the query
holidays/jpg/100001.jpg     group 1000
```

The numbers are all there is of a ground truth. Upright versions are called the same.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from data_pipelines.instances import InstanceBenchmark, others_of_a_thing
from data_pipelines.records import DataError, Records
from data_pipelines.sources.kinds import BenchmarkSet

COUNTS = (1491, 500)
"""Pictures and queries of the published set."""

_PICTURE = re.compile(r"(\d{6})\.jpg")


def read_holidays(root: Path) -> InstanceBenchmark:
    """The first picture of each group searches all pictures, itself left out: protocol "all".

    Right are the other pictures of its group. Groups of which the first picture or all others are
    missing have no query; their pictures are still searched. Labels are groups.

    Args:
        root: the folder of the pictures, or of their folder `jpg/`.

    Raises:
        DataError: no pictures, or no group with a query and another picture.
    """
    for place in (root / "jpg", root):
        paths = sorted(path for path in place.glob("*.jpg") if _PICTURE.fullmatch(path.name))
        if paths:
            break
    else:
        raise DataError(f"{str(root)!r} has no pictures such as 100000.jpg; unpack them into it")
    numbers = np.array([int(path.stem) for path in paths])
    groups, labels, counts = np.unique(numbers // 100, return_inverse=True, return_counts=True)
    database = Records(
        ids=np.array([path.stem for path in paths]),
        labels=labels,
        class_names=tuple(f"group {group}" for group in groups),
        paths=np.array([str(path.absolute()) for path in paths]),
    )
    searches = np.flatnonzero((numbers % 100 == 0) & (counts[labels] > 1))
    if not len(searches):
        raise DataError(f"{str(place)!r} has no group of a first picture (NNNN00.jpg) and others")
    truth = others_of_a_thing(labels, searches)
    notes = []
    without = len(groups) - len(searches)
    if without:
        notes.append(f"{without} groups lack their first picture or all others and have no query")
    if (len(numbers), len(searches)) != COUNTS:
        notes.append(
            f"{len(numbers)} pictures and {len(searches)} queries, "
            f"the published set has {COUNTS[0]} and {COUNTS[1]}"
        )
    queries = database.take(searches)
    return InstanceBenchmark("holidays", database, queries, {"all": truth}, tuple(notes))


HOLIDAYS = BenchmarkSet("holidays", read_holidays)
