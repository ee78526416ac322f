"""Boxes as data sets publish them: in pixels, several a picture, some with wrong corners."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from data_pipelines.records import must_be_regular, sane_boxes


def put_right(boxes: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """`records.sane_boxes`, and a note for the user if any had to be changed.

    >>> put_right(np.array([[0.75, 0.25, 0.5, 0.5]]))[1]
    ('1 boxes had swapped, empty or overhanging sides and were put right',)
    """
    boxes, changed = sane_boxes(boxes)
    note = f"{changed} boxes had swapped, empty or overhanging sides and were put right"
    return boxes, (note,) if changed else ()


def around(boxes: np.ndarray) -> np.ndarray:
    """The smallest box around all boxes `[n, 4]` of a picture; NaN if there are none.

    Every box of a picture shows its class (Stanford Dogs), so none of them is cut off.

    >>> around(np.array([[1, 2, 3, 4], [8, 7, 2, 5]])).tolist()
    [1.0, 2.0, 8.0, 7.0]
    """
    corners = np.asarray(boxes, float).reshape(-1, 2)
    if not len(corners):
        return np.full(4, np.nan)
    return np.concatenate([corners.min(0), corners.max(0)])


def picture_size(path: Path) -> tuple[int, int]:
    """Height and width by the header, orientation ignored; (1, 1) where it cannot be read, which
    the audit reports."""
    try:
        must_be_regular(path)
        with Image.open(path) as header:
            return header.height, header.width
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return 1, 1
