"""Cars196 (Krause et al. 2013) as its archives lay it out.

```
cars_train/00001.jpg, cars_test/00001.jpg
devkit/cars_train_annos.mat          annotations: bbox_x1, y1, x2, y2 (pixels from 1), class, fname
devkit/cars_meta.mat                 class_names
cars_test_annos_withlabels.mat       the same of the test part; beside devkit/ or in it
```
"""

from __future__ import annotations

from pathlib import Path

from data_pipelines.records import DataError, Listing
from data_pipelines.sources.layout import Archive, Layout
from data_pipelines.sources.listed import ListedPicture, listing
from data_pipelines.sources.matlab import read_mat
from data_pipelines.sources.published_set import Halves, PublishedSet

TEST_LABELS = "cars_test_annos_withlabels.mat"


def read_cars196(root: Path) -> Listing:
    """The cars below `root`; ids are `cars_train/...` and `cars_test/...`.

    Raises:
        DataError: a list is missing or damaged.
    """
    in_devkit = root / "devkit" / TEST_LABELS
    test_list = in_devkit if in_devkit.is_file() else root / TEST_LABELS
    class_names = tuple(map(str, read_mat(root / "devkit" / "cars_meta.mat", "class_names")))
    train = _rows(root / "devkit" / "cars_train_annos.mat", "train", len(class_names))
    return listing(root, train + _rows(test_list, "test", len(class_names)), class_names)


def _rows(path: Path, split: str, classes: int) -> list[ListedPicture]:
    annotations = read_mat(path, "annotations")
    try:
        columns = [
            annotations[name].tolist()
            for name in ("fname", "class", "bbox_y1", "bbox_x1", "bbox_y2", "bbox_x2")
        ]
        # Pixels are counted from 1 and the last one belongs to the box: 1..4 is the span 0..4.
        rows = [
            ListedPicture(
                f"cars_{split}/{name}", int(label) - 1, split, (y1 - 1.0, x1 - 1.0, y2, x2)
            )
            for name, label, y1, x1, y2, x2 in zip(*columns, strict=True)
        ]
    except (IndexError, TypeError, ValueError):
        raise DataError(f"{str(path)!r} is damaged: boxes, class and fname are expected") from None
    if not all(0 <= row.label < classes for row in rows):
        raise DataError(f"{str(path)!r} has a class that is not in 1..{classes}")
    return rows


CARS196 = PublishedSet(
    Layout(
        "cars196",
        folder="",
        marks=("cars_train", "cars_test", "devkit"),
        archives=(
            Archive("cars_train.tgz"),
            Archive("cars_test.tgz"),
            Archive("car_devkit.tgz"),
            Archive(TEST_LABELS),
        ),
        size="2.0 GB",
    ),
    read_cars196,
    counts=(8144, 8041, 196),
    halves=Halves(seen=98, counts=(8054, 8131, 196)),
)
