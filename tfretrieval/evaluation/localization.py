"""How well found boxes fit the true ones, without which a better mAP does not tell its cause."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Localization:
    """Means over the pictures.

    Attributes:
        mean_iou: intersection over union of found and true box.
        share_above_half: share of the pictures with an IoU above 0.5.
        object_covered: share of the true box that lies inside the found one: what a crop keeps of
            the object.
        area: share of the picture that the found box covers: what a crop keeps of everything.
        definition: one sentence.
    """

    mean_iou: float
    share_above_half: float
    object_covered: float
    area: float
    definition: str


def localization(boxes: ArrayLike, truth: ArrayLike) -> Localization:
    """Measures one found box a picture against the true one.

    Args:
        boxes: found boxes ``[N, 4]``: ymin, xmin, ymax, xmax in [0, 1].
        truth: true boxes ``[N, 4]``, each with an area.

    Raises:
        ValueError: not ``[N, 4]``, no picture, swapped or infinite edges, or a true box without
            area.

    >>> whole = localization([[0, 0, 1, 1]], [[0.25, 0.25, 0.75, 0.75]])
    >>> whole.mean_iou, whole.share_above_half, whole.object_covered, whole.area
    (0.25, 0.0, 1.0, 1.0)
    """
    boxes, truth = _pair(boxes, truth)
    if not len(boxes):
        raise ValueError("there is no box to measure")
    if not _area(truth).all():
        raise ValueError(f"true box {int(_area(truth).argmin())} has no area")
    iou, shared = box_iou(boxes, truth), _intersection(boxes, truth)
    return Localization(
        mean_iou=float(iou.mean()),
        share_above_half=float((iou > 0.5).mean()),
        object_covered=float((shared / _area(truth)).mean()),
        area=float(_area(boxes).mean()),
        definition=(
            f"one found and one true box in each of {len(boxes)} pictures; IoU: area of their "
            "intersection by area of their union; above half: IoU > 0.5; object covered: share of "
            "the true box inside the found one; area: share of the picture that the found box "
            "covers; all are means over pictures"
        ),
    )


def box_iou(a: ArrayLike, b: ArrayLike) -> np.ndarray:
    """Intersection over union of each pair of boxes ``[N, 4]``, float64 ``[N]``; 0 without areas.

    Edges are shares of the picture's sides, or pixels: a picture's shape cancels out.

    Raises:
        ValueError: not ``[N, 4]`` both, or swapped or infinite edges.

    >>> box_iou([[0, 0, 1, 1], [0, 0, 0.5, 1]], [[0, 0, 0.5, 1], [0.5, 0, 1, 1]]).tolist()
    [0.5, 0.0]
    """
    a, b = _pair(a, b)
    shared = _intersection(a, b)
    union = _area(a) + _area(b) - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def centre_boxes(n: int, share: float = 0.7) -> np.ndarray:
    """The box in the middle with ``share`` of each side, float32 ``[n, 4]``.

    What a photographer's habit alone is worth: a network that looks must beat it.

    Raises:
        ValueError: ``share`` is not in (0, 1].

    >>> centre_boxes(1, 0.5).tolist()
    [[0.25, 0.25, 0.75, 0.75]]
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must lie in (0, 1], got {share}")
    low, high = (1 - share) / 2, (1 + share) / 2
    return np.tile(np.array([low, low, high, high], np.float32), (n, 1))


def _pair(a: ArrayLike, b: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.ndim != 2 or a.shape[1] != 4 or a.shape != b.shape:
        raise ValueError(f"both must be [N, 4] over the same pictures: {a.shape} and {b.shape}")
    for boxes in (a, b):
        if not np.isfinite(boxes).all() or (boxes[:, :2] > boxes[:, 2:]).any():
            raise ValueError("boxes must be ymin <= ymax and xmin <= xmax, all of them finite")
    return a, b


def _area(boxes: np.ndarray) -> np.ndarray:
    return (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)


def _intersection(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    start, stop = np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, 2:], b[:, 2:])
    return np.clip(stop - start, 0, None).prod(axis=1)
