"""The table of what was chosen for every method, what each trial gave, what was left out."""

from __future__ import annotations

import math
from collections.abc import Mapping

from recipes.common.report import Column, Figure, Key, Table
from recipes.comparison.choices import Choice
from recipes.comparison.methods import METHODS, Method, Trial
from recipes.comparison.search import untried

TRIED, LEFT = "held-out mAP of each trial, %", "beside it, not tried"


def chosen(choices: Mapping[str, Mapping[str, Choice]]) -> Table:
    """What heads read -> method -> choice, as a table."""
    rows: dict[Key, dict[str, Figure]] = {}
    for reads, methods in choices.items():
        for name, choice in methods.items():
            method = METHODS[name]
            tried = (f"{_named(method, t)}: {_percent(f)}" for t, f in choice.figures.items())
            left = (_named(method, trial) for trial in untried(method, choice.figures))
            rows[(reads, method.title)] = {
                "source": method.source,
                "number": f"{method.number} {choice.best.value:g}" if method.number else None,
                "rate": f"{choice.best.rate:g}",
                TRIED: ", ".join(tried) or None,
                LEFT: ", ".join(left) or None,
            }
    return Table(
        "What was chosen",
        ("heads read", "method"),
        tuple(Column(name, "") for name in ("source", "number", "rate", TRIED, LEFT)),
        rows,
        (
            "- Numbers are those at 64 bits; margins and weights grow with the length as distances "
            "do. Where the budget ended before all neighbours of the best were tried, they are "
            "named: the method may be better there.",
        ),
    )


def _named(method: Method, trial: Trial) -> str:
    return f"{trial.value:g} at {trial.rate:g}" if method.number else f"{trial.rate:g}"


def _percent(figure: float) -> str:
    return "diverged" if math.isnan(figure) else f"{100 * figure:.1f}"
