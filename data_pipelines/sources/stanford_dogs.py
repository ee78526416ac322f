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

from data_pipelines.records import DataError, Listing
from data_pipelines.sources.boxes import around
from data_pipelines.sources.listed import PARTS, Row, folder_names, listing
from data_pipelines.sources.matlab import read_mat


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
            rows.append(Row(f"Images/{name}", int(label) - 1, split, box, size))
    class_names = folder_names([row.path for row in rows], [row.label for row in rows])
    return listing(root, rows, class_names)


def _annotation(path: Path) -> tuple[tuple[float, ...], tuple[float, float]]:
    """The box around all dogs of a picture, and the height and width it refers to."""
    try:
        tree = ElementTree.parse(path)

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
