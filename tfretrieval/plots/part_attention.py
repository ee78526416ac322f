"""Where each part of a network looks."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from tfretrieval.plots._heat import heat
from tfretrieval.plots._text import plain


def part_attention(images: np.ndarray, maps: Mapping[str, np.ndarray], title: str = "") -> Figure:
    """A row a picture, a column a part: its attention map as a warm layer over the grey picture.

    A part's colours run from 0 to its largest value over the pictures that are shown, so that a
    part which answers to one picture and not to another is seen to do so.

    Args:
        images: pixels in [0, 255], ``[N, S, S, 3]``.
        maps: part -> attention ``[N, h, w]``, 0 or more.
        title: above the rows.

    Raises:
        ValueError: no picture, no part, or maps that are not ``[N, h, w]`` or below 0.

    >>> figure = part_attention(np.zeros([2, 8, 8, 3]), {"part 1": np.ones([2, 4, 4])})
    >>> [axis.get_title() for axis in figure.axes]
    ['picture', 'part 1', '', '']
    """
    images = np.clip(np.asarray(images), 0, 255).astype(np.uint8)
    parts = {name: np.asarray(values, np.float64) for name, values in maps.items()}
    if not len(images) or not parts:
        raise ValueError("part_attention needs at least one picture and one part")
    for name, values in parts.items():
        if values.ndim != 3 or len(values) != len(images):
            raise ValueError(f"{name}: {len(images)} maps [N, h, w] expected, got {values.shape}")
        if not (values >= 0).all():
            raise ValueError(f"{name}: attention must be 0 or more")
    rows, columns = len(images), len(parts) + 1
    size = (1.3 * columns, 1.27 * rows + 0.3 + 0.28 * bool(title) * (1 + title.count("\n")))
    layout = ConstrainedLayoutEngine(compress=True, w_pad=0.02, h_pad=0.02, wspace=0, hspace=0)
    figure = Figure(figsize=size, layout=layout)
    axes = figure.subplots(rows, columns, squeeze=False)
    for row, image in enumerate(images):
        axes[row, 0].imshow(image)
        for axis, values in zip(axes[row, 1:], parts.values(), strict=True):
            share = values[row] / (values.max() or 1)
            axis.imshow(heat(image, np.round(255 * share).astype(np.uint8)))
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, name in zip(axes[0], ("picture", *parts), strict=True):
        axis.set_title(plain(name), fontsize=9)
    if title:
        figure.suptitle(plain(title), fontsize=11)
    return figure
