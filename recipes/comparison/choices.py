"""What each method is trained with: its number and its rate, by held-out training pictures.

Every method has the same budget, :data:`~recipes.comparison.methods.TRIALS` trainings at one
length, spent as :mod:`recipes.comparison.search` says. A share of every class's training pictures
is held out, in a first pass in ``choice/`` in which stage 1 has not seen them either; where the
queries are of classes that nobody trains on, a share of the training classes, whose pictures then
search each other. No query is looked at.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Sequence

import numpy as np

from data_pipelines.kept import kept
from data_pipelines.split import hold_out
from recipes.common import measure
from recipes.common.data import Divided
from recipes.common.heads import Arrays, HeadTask
from recipes.common.opened import Opened
from recipes.comparison.methods import METHODS, RATES, TRIALS, Trial
from recipes.comparison.progress import CHOICE, timed
from recipes.comparison.search import best, search
from recipes.comparison.settings import ComparisonSettings
from recipes.comparison.training import Diverged, Wanted, train
from recipes.triplet.settings import FROZEN
from tfretrieval.evaluation import hamming_retrieval


@dataclasses.dataclass(frozen=True)
class Choice:
    """What was chosen for a method.

    Attributes:
        best: the trial with the highest figure, of equal ones the first.
        figures: trial -> mAP of the held-out pictures, NaN where it diverged; empty where nothing
            was tried.
    """

    best: Trial
    figures: dict[Trial, float]


def set_beforehand(method: str) -> Choice:
    """The middle of a method's values, at the first rate."""
    values = METHODS[method].values
    return Choice(Trial(values[len(values) // 2] if values else 0.0), {})


def opened_for_choices(
    opened: Opened[ComparisonSettings, Divided],
) -> Opened[ComparisonSettings, Divided]:
    """The run inside the run in which choices are made.

    Behind a frozen network they are the same for all seeds: its seed is 0.
    """
    config = opened.config
    seed = 0 if config.training == FROZEN else config.seed
    data = opened.data
    if data.seen.any():
        fit, held_out = hold_out(data, config.held_out, seed)
    else:
        fit, held_out = hold_out_classes(data, config.held_out, seed)
    divided = dataclasses.replace(data, fit=fit, held_out=held_out)
    return dataclasses.replace(opened, data=divided).with_config(seed=seed).inside(CHOICE)


def hold_out_classes(data: Divided, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The training part without some of its classes, two at least, and the pictures of those."""
    labels = data.records.labels[data.train]
    classes = np.random.default_rng(seed).permutation(np.unique(labels))
    away = np.isin(labels, classes[: max(2, round(share * len(classes)))])
    return data.train[~away], data.train[away]


def choose(
    opened: Opened[ComparisonSettings, Divided], method: str, reads: str, task: HeadTask
) -> Choice:
    """Tries a method on the task of :func:`opened_for_choices`.

    What was tried is a file of the run, and kept in the cache for the runs of other seeds.
    """
    config, data = opened.config, opened.data

    def try_values(values: Sequence[float], rate: float) -> dict[Trial, float]:
        wanted = [Wanted(config.bits, value) for value in values]
        try:
            codes = train(method, wanted, rate, task, config)
        except Diverged:
            # One of several side by side: the others alone.
            if len(values) > 1:
                alone = [try_values([value], rate) for value in values]
                return {trial: found for tried in alone for trial, found in tried.items()}
            return {Trial(values[0], rate): math.nan}
        maps = [held_out_map(one, data) for one in codes]
        return {Trial(value, rate): found for value, found in zip(values, maps, strict=True)}

    def try_all() -> Arrays:
        found = search(METHODS[method], try_values)
        return {
            "values": [trial.value for trial in found],
            "rates": [trial.rate for trial in found],
            "figures": list(found.values()),
        }

    depends_on = {
        "inputs": task.inputs[:],
        "labels": task.labels,
        "fit": task.fit,
        "held out": data.held_out,
        "method": f"{METHODS[method]} {RATES} {TRIALS}",
        "settings": [
            config.seed, config.bits, config.hash_epochs, config.classes_per_batch,
            config.images_per_class, config.remine, config.beta,
        ],
    }  # fmt: skip
    step = functools.partial(kept, f"choice-{method}", depends_on, try_all)
    tried = opened.folder.step(f"{reads}/{method}", timed(step))
    trials = [Trial(*map(float, row)) for row in zip(tried["values"], tried["rates"], strict=True)]
    figures = dict(zip(trials, tried["figures"].tolist(), strict=True))
    found = best(figures)
    if math.isnan(figures[found]):
        raise Diverged(f"{method} diverged at every rate: leave it out of --methods")
    return Choice(found, figures)


def held_out_map(codes: np.ndarray, data: Divided) -> float:
    """mAP of held-out pictures against those trained on, of held-out classes among themselves."""
    if data.seen.any():
        return measure.held_out_map(codes, data)
    labels, one = data.records.labels[data.held_out], codes[data.held_out]
    found = hamming_retrieval(one, labels, one, labels, leave_one_out=True, stable=False)
    return float(found.mean_average_precision)
