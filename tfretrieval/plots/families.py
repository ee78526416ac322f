"""Many lines, a panel a family, the other families in grey behind."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from tfretrieval.plots._text import plain
from tfretrieval.plots.curves import COLOURS

Line = tuple[Sequence[float], Sequence[float]]


def families(
    panels: Mapping[str, Mapping[str, Line]],
    x_label: str,
    y_label: str,
    title: str = "",
    ticks: Sequence[float] | None = None,
) -> Figure:
    """Lines by family: more methods than there are colours, and each can still be found.

    Args:
        panels: family -> method -> (x, y in [0, 1]).
        x_label, y_label: of the axes; y is shown in percent.
        title: above the panels.
        ticks: of x, where they are few.

    >>> line = ([16, 64], [0.2, 0.5])
    >>> len(families({"a": {"one": line}, "b": {"two": line}}, "bits", "mAP").axes)
    2
    """
    columns = min(len(panels), 3)
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(4.4 * columns, 3.9 * rows), layout="constrained")
    axes = np.atleast_1d(figure.subplots(rows, columns, sharex=True, sharey=True)).ravel()
    everything = [line for lines in panels.values() for line in lines.values()]
    styles = ("-", "--", ":")
    for axis, (family, lines) in zip(axes, panels.items(), strict=False):
        for x, y in everything:
            axis.plot(x, 100 * np.asarray(y), color="#dddddd", lw=0.8, zorder=1)
        for at, (label, (x, y)) in enumerate(lines.items()):
            axis.plot(
                x, 100 * np.asarray(y), styles[at // len(COLOURS) % len(styles)], lw=1.7,
                color=COLOURS[at % len(COLOURS)], label=plain(label), marker="o", ms=3, zorder=2,
            )  # fmt: skip
        axis.set_title(plain(family), fontsize=11)
        # Long enough for two dashes beside the marker.
        axis.legend(fontsize=7, frameon=False, handlelength=4)
        axis.spines[["top", "right"]].set_visible(False)
        if ticks is not None:
            axis.set_xticks(ticks)
    for axis in axes[len(panels) :]:
        axis.set_visible(False)
    figure.supxlabel(plain(x_label), fontsize=10)
    figure.supylabel(plain(f"{y_label} (%)"), fontsize=10)
    figure.suptitle(plain(title), fontsize=12)
    return figure
