"""How well bits are used: how often each is set, and which of them say the same."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from tfretrieval.evaluation.bit_usage import BitUsage
from tfretrieval.plots._text import plain

BAR, HALF = "#0072B2", "#D55E00"


def bit_shares(panels: Mapping[str, BitUsage], title: str = "") -> Figure:
    """A column a set of codes: the share of ones of each bit, and below the correlations of all.

    Bits stand in the order of their share of ones, above and below alike: their numbers mean
    nothing. Bits of the best code are set in half of the pictures and do not correlate. Grey cells
    are of bits that never change.

    Args:
        panels: heading -> :func:`tfretrieval.evaluation.bit_usage` of the codes.
        title: above the columns.

    Raises:
        ValueError: no codes.

    >>> from tfretrieval.evaluation import bit_usage
    >>> figure = bit_shares({"before": bit_usage([[1, -1], [-1, 1]])})
    >>> figure.axes[0].get_title()
    'before\\nentropy 1.00, |correlation| 1.00'
    """
    if not panels:
        raise ValueError("bit_shares needs the codes of one row at least")
    columns = len(panels)
    figure = Figure(figsize=(3.1 * columns + 1.1, 5.4), layout="constrained")
    axes = figure.subplots(
        2, columns, squeeze=False, sharey="row", gridspec_kw={"height_ratios": [1, 1.7]}
    )
    for (above, below), (heading, usage) in zip(axes.T, panels.items(), strict=True):
        order = np.argsort(usage.shares, kind="stable")
        number = np.arange(1, len(order) + 1)
        above.bar(number, 100 * usage.shares[order], width=1, color=BAR, ec="white", lw=0.3)
        above.axhline(50, color=HALF, lw=1.2, ls="--")
        above.set(ylim=(0, 100), xlim=(0.5, len(order) + 0.5), yticks=[0, 50, 100])
        above.set_title(
            f"{plain(heading)}\nentropy {usage.mean_entropy:.2f}, "
            f"|correlation| {usage.mean_absolute_correlation:.2f}",
            fontsize=10,
        )
        above.spines[["top", "right"]].set_visible(False)
        shown = np.abs(usage.correlations[np.ix_(order, order)])
        edges = (0.5, len(order) + 0.5)
        below.set_facecolor("#bbbbbb")
        below.imshow(
            np.ma.masked_invalid(shown), cmap="viridis", vmin=0, vmax=1, interpolation="nearest",
            extent=(*edges, *edges[::-1]), aspect="auto",
        )  # fmt: skip
        below.set_xlabel("bit, by its share of ones", fontsize=9)
        for axis in (above, below):
            axis.tick_params(labelsize=8)
    axes[0, 0].set_ylabel("pictures in which\nthe bit is 1, %", fontsize=9)
    axes[1, 0].set_ylabel("bit", fontsize=9)
    bar = figure.colorbar(axes[1, -1].images[0], ax=axes[1], shrink=0.85, pad=0.03)
    bar.set_label("|correlation| of two bits", fontsize=9)
    bar.ax.tick_params(labelsize=8)
    figure.suptitle(plain(title), fontsize=11)
    return figure
