"""How far apart pictures of one class lie, and pictures of two."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from tfretrieval.plots._text import plain

SAME, DIFFERENT = "#0072B2", "#D55E00"


def distance_histograms(
    panels: Mapping[str, tuple[np.ndarray, np.ndarray]], title: str = "", bins: int = 60
) -> Figure:
    """Densities of intra-class and inter-class distances, a panel a training.

    Distances are divided by the mean of the panel's inter-class ones: features of one training may
    be all twice as long as those of another. What the two densities share is written beside them:
    0 where a threshold separates the classes, 1 where distance says nothing.

    Args:
        panels: panel -> (distances of pairs of one class, of pairs of two).
        title: above the panels.
        bins: of a histogram.

    >>> panels = {"softmax": (np.array([1.0, 2.0]), np.array([2.0, 3.0]))}
    >>> len(distance_histograms(panels).axes)
    1
    """
    figure = Figure(figsize=(4.4 * len(panels) + 0.2, 3.6), layout="constrained")
    axes = np.atleast_1d(figure.subplots(1, len(panels), sharex=True, sharey=True))
    scaled = {
        name: (same / different.mean(), different / different.mean())
        for name, (same, different) in panels.items()
    }
    last = max(np.quantile(np.concatenate(pair), 0.999) for pair in scaled.values())
    edges = np.linspace(0, last, bins + 1)
    for axis, (panel, pair) in zip(axes, scaled.items(), strict=True):
        densities = []
        for name, values, colour in zip(
            ("same class", "two classes"), pair, (SAME, DIFFERENT), strict=True
        ):
            density = np.histogram(np.minimum(values, last), edges, density=True)[0]
            axis.stairs(density, edges, fill=True, color=colour, alpha=0.5, label=name)
            axis.axvline(values.mean(), color=colour, lw=1.5)
            densities.append(density)
        shared = np.minimum(*densities).sum() * (edges[1] - edges[0])
        axis.set_title(f"{plain(panel)}\nshared: {100 * shared:.0f} %", fontsize=11)
        axis.set_xlabel("distance / mean of two classes")
        axis.spines[["top", "right", "left"]].set_visible(False)
        axis.set_yticks([])
    axes[0].legend(fontsize=9, frameon=False)
    figure.suptitle(plain(title), fontsize=12)
    return figure
