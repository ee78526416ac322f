"""What each stage of a network answers to a picture, from edges to the subject."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from tfretrieval.plots._text import plain


def feature_maps(images: np.ndarray, maps: Mapping[str, np.ndarray], title: str = "") -> Figure:
    """A row a picture, a column a stage (figure 3 of Pan et al. 2021).

    Each map is coloured with viridis from its own least to its own largest value: bright is where
    the stage answers most. A column's heading names the stage and the map's height and width.

    Args:
        images: pixels in [0, 255], ``[N, S, S, 3]``.
        maps: stage -> ``[N, h, w]``, the sum of its map over the channels, shallow stages first.
        title: above the rows.

    Raises:
        ValueError: no picture, no stage, or maps that are not ``[N, h, w]``.

    >>> figure = feature_maps(np.zeros([2, 8, 8, 3]), {"stage 1": np.ones([2, 4, 4])})
    >>> [axis.get_title() for axis in figure.axes]
    ['picture', 'stage 1\\n4 × 4', '', '']
    """
    images = np.asarray(images)
    stages = {name: np.asarray(values) for name, values in maps.items()}
    if not len(images) or not stages:
        raise ValueError("feature_maps needs at least one picture and one stage")
    for name, values in stages.items():
        if values.ndim != 3 or len(values) != len(images):
            raise ValueError(f"{name}: {len(images)} maps [N, h, w] expected, got {values.shape}")
    rows, columns = len(images), len(stages) + 1
    size = (1.5 * columns, 1.46 * rows + 0.42 + 0.2 * bool(title))
    layout = ConstrainedLayoutEngine(compress=True, w_pad=0.03, h_pad=0.03, wspace=0, hspace=0)
    figure = Figure(figsize=size, layout=layout)
    axes = figure.subplots(rows, columns, squeeze=False)
    for row, image in enumerate(images):
        axes[row, 0].imshow(np.clip(image, 0, 255).astype(np.uint8))
        for axis, values in zip(axes[row, 1:], stages.values(), strict=True):
            axis.imshow(values[row], cmap="viridis", interpolation="nearest")
    for axis in axes.flat:
        axis.set_axis_off()
    axes[0, 0].set_title("picture", fontsize=9)
    for axis, (name, values) in zip(axes[0, 1:], stages.items(), strict=True):
        axis.set_title(f"{plain(name)}\n{values.shape[1]} × {values.shape[2]}", fontsize=9)
    if title:
        figure.suptitle(plain(title), fontsize=11)
    return figure
