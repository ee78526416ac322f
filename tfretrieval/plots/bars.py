"""What each of many rows costs: a bar a row, a panel a measure, a colour a family."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from tfretrieval.plots._text import plain
from tfretrieval.plots.curves import COLOURS


def bars(
    measures: Mapping[str, Mapping[str, float]], families: Mapping[str, str], title: str = ""
) -> Figure:
    """Horizontal bars, the first row on top.

    Args:
        measures: what is measured -> row -> value; a row that is missing there, or has 0, has no
            bar.
        families: row -> family, of all rows in their order.
        title: above the panels.

    >>> len(bars({"s": {"one": 3.0}, "ms": {"one": 0.2}}, {"one": "a"}).axes)
    2
    """
    figure = Figure(figsize=(4.4 * len(measures) + 2.4, 0.24 * len(families) + 1.6))
    figure.set_layout_engine("constrained")
    axes = np.atleast_1d(figure.subplots(1, len(measures), sharey=True))
    kinds = list(dict.fromkeys(families.values()))
    places = {row: place for place, row in enumerate(families)}
    for axis, (measure, values) in zip(axes, measures.items(), strict=True):
        for at, kind in enumerate(kinds):
            rows = [row for row in families if families[row] == kind and values.get(row)]
            drawn = axis.barh(
                [places[row] for row in rows],
                [values[row] for row in rows],
                color=COLOURS[at % len(COLOURS)],
                label=plain(kind),
            )
            axis.bar_label(drawn, fmt=" {:.3g}", fontsize=6)
        axis.margins(x=0.15, y=0.01)
        axis.set_xlabel(plain(measure), fontsize=9)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_yticks(list(places.values()), [plain(row) for row in places], fontsize=7)
    axes[0].invert_yaxis()
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    figure.suptitle(plain(title), fontsize=12)
    return figure
