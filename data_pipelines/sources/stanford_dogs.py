"""Stanford Dogs (Khosla et al. 2011) as its three archives lay it out.

```
Images/n02085620-Chihuahua/n02085620_5927.jpg
Annotation/n02085620-Chihuahua/n02085620_5927   XML: size, and a bndbox for each dog
train_list.mat, test_list.mat                   file_list, labels (from 1)
```

A picture with several dogs, all of its breed, gets the smallest box around them all: none of them
is cut off.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from data_pipelines.records import DataError, Listing, read_regular
from data_pipelines.sources.boxes import around
from data_pipelines.sources.layout import Archive, Layout, Prepared
from data_pipelines.sources.listed import PARTS, ListedPicture, folder_names, listing
from data_pipelines.sources.matlab import read_mat
from data_pipelines.sources.published_set import PublishedSet

_PLACE = "http://vision.stanford.edu/aditya86/ImageNetDogs"


def read_stanford_dogs(root: Path) -> Listing:
    """The dogs below `root`; ids are those of TFDS, `Images/...`.

    Raises:
        DataError: a list or an annotation is missing or damaged.
    """
    rows = []
    for split in PARTS:
        path = root / f"{split}_list.mat"
        names, labels = read_mat(path, "file_list"), read_mat(path, "labels")
        if len(names) != len(labels):
            raise DataError(f"{str(path)!r} has {len(names)} pictures and {len(labels)} labels")
        for name, label in zip(names, labels, strict=True):
            box, size = _annotation(root / "Annotation" / Path(name).with_suffix(""))
            rows.append(ListedPicture(f"Images/{name}", int(label) - 1, split, box, size))
    class_names = folder_names([row.path for row in rows], [row.label for row in rows])
    return listing(root, rows, class_names)


def _annotation(path: Path) -> tuple[tuple[float, ...], tuple[float, float]]:
    """The box around all dogs of a picture, and the height and width it refers to."""
    try:
        tree = ElementTree.ElementTree(ElementTree.fromstring(read_regular(path)))

        def numbers(tag: str) -> list[float]:
            return [float(element.text or "") for element in tree.iter(tag)]

        corners = [numbers(tag) for tag in ("ymin", "xmin", "ymax", "xmax")]
        boxes = np.array(corners).T
        size = numbers("height")[0], numbers("width")[0]
    except OSError:
        raise DataError(f"annotation {str(path)!r} is missing") from None
    except (ElementTree.ParseError, ValueError, IndexError):
        raise DataError(f"annotation {str(path)!r} is damaged") from None
    return tuple(around(boxes)), size


STANFORD_DOGS = PublishedSet(
    Layout(
        "stanford_dogs",
        folder="",
        marks=("Images", "Annotation", "train_list.mat", "test_list.mat"),
        # The checksums are those that TFDS 4.9.10 keeps.
        archives=(
            Archive(
                "images.tar",
                f"{_PLACE}/images.tar",
                "a443fc2f9a851aa1a7b8e4fa4af94b8459fce2c9f5a2f4dd4669cf9673a4ec58",
            ),
            Archive(
                "annotation.tar",
                f"{_PLACE}/annotation.tar",
                "662ed36f707be6b195c2fda392d8e153e83af28cedc8e2134a649f198def30fd",
            ),
            Archive(
                "lists.tar",
                f"{_PLACE}/lists.tar",
                "34b47cacd9a98b5d150e084f24d29391c084c55272295ec65c85651bc35f4d6c",
            ),
        ),
        size="0.8 GB",
        # TFDS writes the classes in lower case.
        prepared=Prepared(renames_classes=True),
    ),
    read_stanford_dogs,
    counts=(12000, 8580, 120),
)
