"""How a method's number and rate are looked for: on a grid that grows where its best is an edge.

Two numbers are tried one after the other first: all values at the first rate, all rates at the best
value. That is greedy: another value may have been best at the new rate, and the best may lie beyond
the ends. So the neighbours of the best are tried next, one step along each axis, and those of
whatever is best then, until all of them were tried or the budget is spent. Beyond an end of the
grid a step is as long as the last one before it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from recipes.comparison.methods import RATES, TRIALS, Method, Trial

Figures = Mapping[Trial, float]


def search(
    method: Method, try_values: Callable[[Sequence[float], float], Figures]
) -> dict[Trial, float]:
    """What was tried, at most :data:`~recipes.comparison.methods.TRIALS` trials -> figures.

    Args:
        try_values: trains with some values at one rate; NaN where that diverged.
    """
    found = dict(try_values(method.values or (0.0,), RATES[0]))
    for rate in RATES[1:]:
        found |= try_values([best(found).value], rate)
    while around := untried(method, found)[: max(0, TRIALS - len(found))]:
        for rate, trials in itertools.groupby(around, lambda trial: trial.rate):
            found |= try_values([trial.value for trial in trials], rate)
    return found


def best(figures: Figures) -> Trial:
    """The trial with the highest figure, of equal ones the first; one that diverged is the last."""
    return max(figures, key=lambda trial: -1.0 if math.isnan(figures[trial]) else figures[trial])


def untried(method: Method, figures: Figures) -> list[Trial]:
    """The neighbours of the best that were not tried: values at its rate, then rates.

    >>> tried = {Trial(1.0, 0.1): 0.3, Trial(2.0, 0.1): 0.5, Trial(2.0, 0.01): 0.4}
    >>> for trial in untried(Method("", "", "", "margin", (1.0, 2.0)), tried):
    ...     print(trial.value, trial.rate)
    4.0 0.1
    2.0 1.0
    """
    if not figures:
        return []
    found = best(figures)
    values = _around(found.value, (t.value for t in figures), method.least) if method.number else []
    rates = _around(found.rate, (t.rate for t in figures))
    trials = [Trial(value, found.rate) for value in values]
    trials += [Trial(found.value, rate) for rate in rates]
    return [trial for trial in trials if trial not in figures]


def _around(at: float, rungs: Iterable[float], least: float = 0.0) -> list[float]:
    """The next ones below and above; numbers are positive, and steps are factors."""
    ladder = sorted(set(rungs))
    if len(ladder) > 1:
        below, above = ladder[0] * ladder[0] / ladder[1], ladder[-1] * ladder[-1] / ladder[-2]
        ladder = [float(f"{below:.3g}"), *ladder, float(f"{above:.3g}")]
    place = ladder.index(at)
    beside = [ladder[i] for i in (place - 1, place + 1) if 0 <= i < len(ladder)]
    return [one for one in beside if one >= least]
