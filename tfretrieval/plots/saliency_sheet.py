"""Saliency maps, the boxes cut from them, and what is left of each picture."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from PIL import Image

from tfretrieval.evaluation.localization import box_iou
from tfretrieval.plots._heat import heat
from tfretrieval.plots._text import plain

FOUND, TRUE = "#ffb000", "#5ee0ff"
# tfretrieval.images.MEAN_COLOR; this room does without TensorFlow.
BACKGROUND = (124, 116, 104)


def saliency_sheet(
    images: np.ndarray,
    maps: np.ndarray,
    boxes: Mapping[str, np.ndarray],
    truth: np.ndarray | None = None,
    masks: Mapping[str, np.ndarray] | None = None,
    title: str = "",
) -> Figure:
    """A row a picture: its saliency map, then for each threshold its box and the crop.

    Figure 6 of Pan et al. 2021. The map lies as a warm layer over the grey picture, clear where it
    is 0. The crop is what the next network sees: cut at whole pixels, what the mask leaves out in
    the mean colour, resized to the square.

    Args:
        images: pixels in [0, 255], ``[N, S, S, 3]``.
        maps: grey maps over the whole pictures, uint8 ``[N, h, w]``.
        boxes: column title -> ``[N, 4]``, ``(ymin, xmin, ymax, xmax)`` in [0, 1]; where masks
            alone are meant, the whole pictures.
        truth: the true boxes ``[N, 4]``, dashed; each box's IoU with it then stands under the
            picture.
        masks: column title -> bool ``[N, m, m]`` over the whole pictures; a column without an
            entry shows the whole crop.
        title: above the rows.

    Raises:
        ValueError: shapes that do not fit together, masks of an unknown column, or boxes that are
            empty or leave the picture.

    >>> box = {"α = 0.4": np.array([[0.1, 0.2, 0.8, 0.9]])}
    >>> figure = saliency_sheet(np.zeros([1, 8, 8, 3]), np.ones([1, 4, 4], np.uint8), box)
    >>> len(figure.axes)
    3
    """
    images = np.clip(np.asarray(images), 0, 255).astype(np.uint8)
    maps, masks = np.asarray(maps), masks or {}
    columns = {name: np.asarray(column) for name, column in boxes.items()}
    _check(images, maps, columns, truth, masks)
    place = _Grid(len(images), len(columns), title, labelled=truth is not None)
    for row, image in enumerate(images):
        _show(place(row, 0), heat(image, maps[row]))
        for column, (name, found) in enumerate(columns.items()):
            axis = place(row, 1 + 2 * column)
            _show(axis, image)
            if truth is not None:
                _frame(axis, truth[row], TRUE, "--", 1.3)
                overlap = box_iou(found[row : row + 1], np.asarray(truth)[row : row + 1])[0]
                axis.set_xlabel(f"IoU {overlap:.2f}", fontsize=8, labelpad=2)
            _frame(axis, found[row], FOUND, "-", 2)
            mask = masks[name][row] if name in masks else None
            _show(place(row, 2 + 2 * column), _crop(image, found[row], mask))
    place.head(0, 0, "saliency")
    for column, name in enumerate(columns):
        place.head(1 + 2 * column, 2 + 2 * column, name)
    if truth is not None:
        place.legend({"box": (FOUND, "-", 2), "true box": (TRUE, "--", 1.3)})
    return place.figure


class _Grid:
    """Square cells at fixed places, in inches: a map, then pairs of picture and crop."""

    CELL, NEAR, FAR, EDGE, LINE = 1.3, 0.05, 0.22, 0.08, 0.26

    def __init__(self, rows: int, pairs: int, title: str, labelled: bool):
        self.step = self.CELL + (0.22 if labelled else self.NEAR)
        self.top = self.EDGE + self.LINE * (1 + bool(title))
        self.width = self._left(2 * pairs) + self.CELL + self.EDGE
        height = self.top + rows * self.step + (0.3 if labelled else self.EDGE)
        self.figure = Figure(figsize=(self.width, height))
        self.height = height
        if title:
            self._text(self.width / 2, self.EDGE, title, 11)

    def __call__(self, row: int, column: int) -> Axes:
        bottom = self.height - self.top - row * self.step - self.CELL
        cell = (self.CELL / self.width, self.CELL / self.height)
        return self.figure.add_axes((self._left(column) / self.width, bottom / self.height, *cell))

    def head(self, first: int, last: int, text: str) -> None:
        """A heading in the middle above two columns."""
        middle = (self._left(first) + self._left(last) + self.CELL) / 2
        self._text(middle, self.top - self.LINE + 0.04, text, 10)

    def legend(self, lines: Mapping[str, tuple[str, str, float]]) -> None:
        handles = [
            Line2D([], [], color=colour, ls=style, lw=width, label=label, path_effects=_rim(width))
            for label, (colour, style, width) in lines.items()
        ]
        self.figure.legend(
            handles=handles, loc="lower center", ncols=len(handles), fontsize=8, frameon=False,
            borderaxespad=0.2, handlelength=2.5,
        )  # fmt: skip

    def _left(self, column: int) -> float:
        near, far = column // 2, (column + 1) // 2
        return self.EDGE + column * self.CELL + near * self.NEAR + far * self.FAR

    def _text(self, x: float, y: float, text: str, size: int) -> None:
        self.figure.text(
            x / self.width, 1 - y / self.height, plain(text), fontsize=size, ha="center", va="top"
        )


def _show(axis: Axes, image: np.ndarray) -> None:
    axis.imshow(image)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.spines[:].set_visible(False)


def _frame(axis: Axes, box: np.ndarray, colour: str, style: str, width: float) -> None:
    """The box as a line on the picture, with a dark rim that shows on any ground."""
    # Pixel 0 begins half a pixel above and left of the axis's origin.
    side = axis.get_xlim()[1] + 0.5
    top, left, bottom, right = np.asarray(box) * side
    axis.add_patch(
        Rectangle(
            (left - 0.5, top - 0.5), right - left, bottom - top,
            fill=False, ec=colour, ls=style, lw=width, path_effects=_rim(width), clip_on=False,
        )
    )  # fmt: skip


def _rim(width: float) -> list:
    return [withStroke(linewidth=width + 1, foreground="#000000c0")]


def _crop(image: np.ndarray, box: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """What the next network sees, by the rules of tfretrieval.images."""
    size = image.shape[0]
    if mask is not None:
        cells = (2 * np.arange(size) + 1) * len(mask) // (2 * size)
        image = np.where(np.asarray(mask)[np.ix_(cells, cells)][..., None], image, BACKGROUND)
    corners = np.round(np.asarray(box) * size).astype(int)
    start = np.clip(corners[:2], 0, size - 1)
    stop = np.clip(corners[2:], start + 1, size)
    part = image[start[0] : stop[0], start[1] : stop[1]].astype(np.uint8)
    return np.asarray(Image.fromarray(part).resize((size, size), Image.Resampling.BILINEAR))


def _check(images, maps, boxes, truth, masks):
    count = len(images)
    if images.ndim != 4 or images.shape[1:] != (images.shape[1], images.shape[1], 3) or not count:
        raise ValueError(f"square pictures [N, S, S, 3] expected, got {images.shape}")
    if maps.ndim != 3 or len(maps) != count or maps.dtype != np.uint8:
        raise ValueError(f"{count} uint8 maps [N, h, w] expected, got {maps.dtype} {maps.shape}")
    for name, values in {**boxes, **({} if truth is None else {"truth": truth})}.items():
        values = np.asarray(values)
        if values.shape != (count, 4):
            raise ValueError(f"{name}: {count} boxes [N, 4] expected, got {values.shape}")
        inside = (values >= 0).all() and (values <= 1).all()
        if not inside or (values[:, :2] >= values[:, 2:]).any():
            raise ValueError(
                f"{name}: a box must be 0 <= ymin < ymax <= 1 and 0 <= xmin < xmax <= 1"
            )
    for name, values in masks.items():
        shape = np.shape(values)
        if name not in boxes:
            raise ValueError(f"masks of {name!r}, but boxes of {', '.join(boxes)}")
        if len(shape) != 3 or shape[0] != count or shape[1] != shape[2]:
            raise ValueError(f"{name}: {count} masks [N, m, m] expected, got {shape}")
