"""Which channels a domain switches."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from tfretrieval.plots._text import plain

# A channel is called switched when its gates differ by so much.
SWITCHED = 0.1


def domain_gates(layers: Mapping[str, np.ndarray], title: str = "", columns: int = 3) -> Figure:
    """A panel a layer, a dot a channel: its gate for sketches against its gate for photos.

    Dots on the diagonal do not care for the domain; how many are off it by 0.1 or more stands
    above.

    Args:
        layers: name -> mean gates ``[2, C]``, for sketches and for photos.
        title: above the panels.
        columns: panels in a row.

    Raises:
        ValueError: no layers, or gates of another shape.

    >>> figure = domain_gates({"stage1": np.array([[0.1, 0.9], [0.8, 0.9]])})
    >>> figure.axes[0].get_title()
    'stage1\\n1 of 2 channels switch'
    """
    if not layers:
        raise ValueError("no domain-aware layers: there are no gates to draw")
    columns = min(columns, len(layers))
    rows = -(-len(layers) // columns)
    figure = Figure(figsize=(2.9 * columns, 3.2 * rows + 0.4), layout="constrained")
    axes = np.atleast_1d(figure.subplots(rows, columns, sharex=True, sharey=True)).ravel()
    for axis, (name, gates) in zip(axes, layers.items(), strict=False):
        if gates.ndim != 2 or len(gates) != 2:
            raise ValueError(f"gates must be [2, C], got shape {gates.shape}")
        apart = np.abs(gates[0] - gates[1]) >= SWITCHED
        axis.plot([0, 1], [0, 1], lw=0.8, color="#aaaaaa", zorder=0)
        for chosen, colour in ((~apart, "#888888"), (apart, "#D55E00")):
            axis.plot(*gates[:, chosen], ".", ms=5, color=colour, alpha=0.7, mew=0)
        axis.set_title(f"{plain(name)}\n{apart.sum()} of {len(apart)} channels switch", fontsize=9)
        axis.set_aspect("equal")
        axis.set_xlim(-0.02, 1.02)
        axis.set_ylim(-0.02, 1.02)
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8)
    for axis in axes[len(layers) :]:
        axis.set_visible(False)
    figure.supxlabel("gate, told it is a sketch", fontsize=10)
    figure.supylabel("gate, told it is a photo", fontsize=10)
    figure.suptitle(plain(title), fontsize=11)
    return figure
