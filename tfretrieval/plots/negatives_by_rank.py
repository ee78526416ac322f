"""What training does to the distances of negatives, by the rank they had before."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tfretrieval.plots._text import plain

COLOURS = ("#7f7f7f", "#1f77b4", "#2ca02c", "#d62728", "#9467bd", "#8c564b")


def negatives_by_rank(
    curves: Mapping[str, np.ndarray], positives: Mapping[str, float], title: str = ""
) -> Figure:
    """A line a network: mean distance of the negative that had each rank before training.

    A line that rises keeps the order of the negatives; one margin for all flattens it.

    Args:
        curves: network -> distances ``[Q, ranks]``, the first column that of rank 1. A band holds
            the middle half of the queries.
        positives: network -> mean distance of a query and its positive, a dot at rank 0.
        title: above.

    Raises:
        ValueError: distances of another shape.

    >>> curves = {"before": np.array([[0.2, 0.4], [0.4, 0.6]])}
    >>> len(negatives_by_rank(curves, {"before": 0.1}).axes[0].lines)
    2
    """
    figure = Figure(figsize=(7.2, 4.6), layout="constrained")
    axis = figure.subplots()
    for (name, distances), colour in zip(curves.items(), COLOURS, strict=False):
        distances = np.asarray(distances)
        if distances.ndim != 2:
            raise ValueError(f"distances must be [Q, ranks], got shape {distances.shape}")
        ranks = np.arange(1, distances.shape[1] + 1)
        axis.plot(ranks, distances.mean(axis=0), "-o", ms=3.5, color=colour, label=plain(name))
        low, high = np.quantile(distances, (0.25, 0.75), axis=0)
        axis.fill_between(ranks, low, high, color=colour, alpha=0.12, lw=0)
        axis.plot([0], [positives[name]], "D", ms=7, color=colour, mec="black", mew=0.8)
    axis.set_xlabel("rank of the negative before training (0: the positive)")
    axis.set_ylabel("Euclidean distance to the query")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.legend(frameon=False, fontsize=9)
    axis.spines[["top", "right"]].set_visible(False)
    figure.suptitle(plain(title), fontsize=11)
    return figure
