"""CUB-200-2011 (Wah et al. 2011) as its archive lays it out.

```
images/001.Black_footed_Albatross/*.jpg
images.txt               1 001.Black_footed_Albatross/Black_Footed_Albatross_0046_18.jpg
image_class_labels.txt   1 1                       classes from 1
train_test_split.txt     1 0                       1 trains
bounding_boxes.txt       1 60.0 27.0 325.0 304.0   x, y, width, height in pixels
```
"""

from __future__ import annotations

from pathlib import Path

from data_pipelines.records import DataError, Listing, read_regular
from data_pipelines.sources.layout import Archive, Layout, Prepared
from data_pipelines.sources.listed import ListedPicture, folder_names, listing
from data_pipelines.sources.published_set import Halves, PublishedSet


def read_caltech_birds2011(root: Path) -> Listing:
    """The birds below `root`; ids are those of TFDS, `CUB_200_2011/images/...`.

    Raises:
        DataError: a list is missing or damaged, or the lists do not fit together.
    """
    names = _column(root / "images.txt")
    labels = _column(root / "image_class_labels.txt")
    parts = _column(root / "train_test_split.txt")
    boxes = _column(root / "bounding_boxes.txt")
    if not names.keys() == labels.keys() == parts.keys() == boxes.keys():
        raise DataError(f"the lists in {str(root)!r} are not of the same pictures")
    try:
        rows = [
            ListedPicture(
                f"images/{names[key]}",
                int(labels[key]) - 1,
                "train" if int(parts[key]) else "test",
                _corners(*map(float, boxes[key].split())),
            )
            for key in names
        ]
    except (TypeError, ValueError):
        raise DataError(f"a list in {str(root)!r} is damaged: numbers are expected") from None
    class_names = folder_names([row.path for row in rows], [row.label for row in rows])
    return listing(root, rows, class_names, "CUB_200_2011/")


def _corners(x: float, y: float, width: float, height: float) -> tuple[float, ...]:
    return y, x, y + height, x + width


def _column(path: Path) -> dict[str, str]:
    """What follows the picture's number, line by line."""
    try:
        lines = read_regular(path).decode("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise DataError(f"{str(path)!r} cannot be read") from None
    return {key: rest.strip() for key, _, rest in (line.partition(" ") for line in lines) if rest}


CALTECH_BIRDS2011 = PublishedSet(
    Layout(
        "caltech_birds2011",
        folder="CUB_200_2011",
        marks=(
            "images",
            "images.txt",
            "image_class_labels.txt",
            "train_test_split.txt",
            "bounding_boxes.txt",
        ),
        archives=(
            Archive(
                "CUB_200_2011.tgz",
                "https://data.caltech.edu/records/65de6-vp158/files/CUB_200_2011.tgz?download=1",
                # As TFDS 4.9.10 keeps it.
                "0c685df5597a8b24909f6a7c9db6d11e008733779a671760afef78feb49bf081",
            ),
        ),
        size="1.2 GB",
        # TFDS counts the classes.
        prepared=Prepared(renames_classes=True),
    ),
    read_caltech_birds2011,
    counts=(5994, 5794, 200),
    halves=Halves(seen=100, counts=(5864, 5924, 200)),
)
