"""Training curves: mAP by round, distances by round."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from tfretrieval.plots._text import plain

# Okabe and Ito's palette: told apart with any colour vision.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


def map_curves(
    panels: Mapping[str, Mapping[str, tuple[Sequence[float], Sequence[float]]]],
    title: str = "",
) -> Figure:
    """mAP by epoch, a panel a network, a line a method (figures 4 and 7 of Pan et al. 2021).

    Args:
        panels: panel -> line -> (epochs, mAP in [0, 1]); epoch 0 is before the first step.
        title: above the panels.

    >>> curve = {"adaptive": ([0, 3, 6], [0.2, 0.4, 0.5])}
    >>> len(map_curves({"ResNet18": curve}).axes)
    1
    """
    figure = Figure(figsize=(4.6 * len(panels) + 0.6, 3.9), layout="constrained")
    axes = np.atleast_1d(figure.subplots(1, len(panels), sharey=True))
    for axis, (panel, lines) in zip(axes, panels.items(), strict=True):
        for colour, (label, (epochs, values)) in zip(_colours(lines), lines.items(), strict=True):
            axis.plot(epochs, 100 * np.asarray(values), color=colour, label=plain(label), lw=1.8)
        axis.set_title(plain(panel), fontsize=11)
        axis.set_xlabel("epoch of stage 2 (0: before any step)")
        axis.legend(fontsize=8, frameon=False, loc="lower right")
        _tidy(axis)
    axes[0].set_ylabel("mAP (%)")
    figure.suptitle(plain(title), fontsize=12)
    return figure


def distance_curves(
    panels: Mapping[str, Mapping[str, Sequence[float]]], target: float = 5.0, title: str = ""
) -> Figure:
    """Mean distances of the mined triplets by epoch (figure 5 of Pan et al. 2021).

    Args:
        panels: panel -> ``epoch``, ``d_ap``, ``d_an``, ``gap`` and ``margin1``, one value a round.
        target: where the dashed line stands; the paper wants the gap close to 5.
        title: above the panels.

    >>> rounds = {name: [1.0, 2.0] for name in ("epoch", "d_ap", "d_an", "gap", "margin1")}
    >>> len(distance_curves({"ResNet18": rounds}).axes)
    1
    """
    lines = (
        ("d_an", "d(A, N)", "#0072B2", "-"),
        ("d_ap", "d(A, P)", "#D55E00", "-"),
        ("gap", "gap d(A, N) - d(A, P)", "#000000", "-"),
        ("margin1", "margin1", "#009E73", ":"),
    )
    figure = Figure(figsize=(4.6 * len(panels) + 0.6, 3.9), layout="constrained")
    axes = np.atleast_1d(figure.subplots(1, len(panels), sharey=True))
    for axis, (panel, values) in zip(axes, panels.items(), strict=True):
        for key, label, colour, style in lines:
            axis.plot(values["epoch"], values[key], style, color=colour, label=label, lw=1.8)
        axis.axhline(target, ls="--", lw=1, color="#888888")
        axis.annotate(
            f"{target:g}", (1, target), xycoords=("axes fraction", "data"), color="#555555",
            xytext=(3, 0), textcoords="offset points", va="center", fontsize=9,
        )  # fmt: skip
        axis.set_title(plain(panel), fontsize=11)
        axis.set_xlabel("epoch of stage 2")
        _tidy(axis)
    axes[0].set_ylabel("Euclidean distance of relaxed codes")
    axes[-1].legend(fontsize=8, frameon=False)
    figure.suptitle(plain(title), fontsize=12)
    return figure


def _colours(lines):
    return [COLOURS[i % len(COLOURS)] for i in range(len(lines))]


def _tidy(axis):
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(axis="y", lw=0.5, color="#dddddd")
    axis.set_axisbelow(True)
