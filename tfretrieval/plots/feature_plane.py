"""Features of two dimensions as they lie in the plane, a panel a training."""

from collections.abc import Mapping

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from tfretrieval.plots._text import plain


def feature_plane(
    panels: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]], title: str = ""
) -> Figure:
    """Points by class and the center of every class (figure 2 of Wen et al. 2016).

    Every panel has its own scale, the same along both axes, by the middle 98 % of its points and
    the centers: a single point far out does not make the others one spot.

    Args:
        panels: panel -> (features ``[N, 2]``, labels ``[N]``, centers ``[classes, 2]``).
        title: above the panels.

    Raises:
        ValueError: features or centers of another shape.

    >>> features = np.array([[0.0, 1.0], [1.0, 0.0]])
    >>> len(feature_plane({"softmax": (features, np.array([0, 1]), features)}).axes)
    1
    """
    figure = Figure(figsize=(4.4 * len(panels) + 0.2, 4.7), layout="constrained")
    axes = np.atleast_1d(figure.subplots(1, len(panels)))
    for axis, (panel, (features, labels, centers)) in zip(axes, panels.items(), strict=True):
        for name, points in (("features", features), ("centers", centers)):
            if points.ndim != 2 or points.shape[1] != 2:
                raise ValueError(f"{name} must be [N, 2], got shape {points.shape}")
        colours = matplotlib.color_sequences["tab10" if len(centers) <= 10 else "tab20"]
        for label in range(len(centers)):
            points, colour = features[labels == label], colours[label % len(colours)]
            axis.plot(*points.T, ".", ms=5, color=colour, alpha=0.6, mew=0)
        for label, center in enumerate(centers):
            colour = colours[label % len(colours)]
            axis.plot(*center, "o", ms=8, color=colour, mec="black", mew=1.2, zorder=3)
        shown = np.concatenate([np.quantile(features, (0.01, 0.99), axis=0), centers])
        low, high = shown.min(axis=0), shown.max(axis=0)
        reach = 0.58 * (high - low).max() or 1.0
        x, y = (low + high) / 2
        axis.set(xlim=(x - reach, x + reach), ylim=(y - reach, y + reach))
        axis.set_title(plain(panel), fontsize=11)
        axis.set_aspect("equal", adjustable="box")
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8)
    figure.suptitle(plain(title), fontsize=12)
    return figure
