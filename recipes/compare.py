"""Every method of the field on one network, one split, one metric.

    python -m recipes.compare --dataset caltech_birds2011 --data-dir DATA --seeds 3
    python -m recipes.compare --dataset folder --data-dir MY_PICTURES
    python -m recipes.compare --demo              drawn_birds, minutes on two CPU cores

One network sees every picture once. On what it says, its pooled features and the root of its class
probabilities, stand the heads of all methods: no learning at all, the hashing papers, metric
learning whose embeddings are signed to bits, and the five papers of this kit. They share inputs,
pictures, batches, steps and optimizer; each has its own number (a margin, a weight) and rate,
chosen on held-out training pictures by the same small budget. Two rows need no code: cosine of the
inputs, and a random code of the predicted class, which is what a classifier alone would give.

A method is a file of the run: Ctrl-C loses the one that is being trained. The tables stand in
docs/numbers/comparison.md.
"""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING

from data_pipelines.view import WHOLE, View
from recipes import common, comparison, triplet
from recipes.common.cli import main, require
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.recipe import Recipe, all_of
from recipes.common.report import Report
from recipes.common.settings import BOX, CROP
from recipes.comparison.methods import METHODS, named
from recipes.comparison.settings import ComparisonSettings
from tfretrieval.run_folder import RunFolder

if TYPE_CHECKING:
    from recipes.comparison.choices import Choice
    from recipes.comparison.progress import Progress
    from recipes.comparison.report import Comparison
    from recipes.triplet.stage1 import Stage1


@dataclasses.dataclass(frozen=True)
class Config(ComparisonSettings):
    """Settings of the experiment; the command line is made from them."""

    recipe: str = dataclasses.field(default="compare", init=False)


def check_weights(config: ComparisonSettings) -> None:
    common.networks.check_weights([config.network], config)


def check_saliency(config: ComparisonSettings) -> None:
    if config.view == CROP:
        triplet.saliency.pretrained(config)


def load(config: ComparisonSettings, folder: RunFolder) -> Divided:
    """The data set; what is held out for choices is held out in a run inside the run."""
    data = common.data.open_data(config, folder)
    require(
        config.view != BOX or data.records.boxes is not None,
        f"{data.name} has no true boxes: take another --view",
    )
    return data


def run(opened: Opened[ComparisonSettings, Divided]) -> Comparison:
    """What is chosen, stage 1, and every method."""
    config, methods = opened.config, named(opened.config.methods)
    view = see(opened)
    progress = comparison.progress.Progress(opened, comparison.cells.names(config, methods))
    # Chosen first, where stage 1 has not seen what is held out either.
    choices = choose_all(opened, methods, view, progress)
    stage1 = train_stage1(opened, view)
    grid = comparison.inputs.columns(opened, stage1, view)
    rows: dict[str, dict[str, comparison.cells.MethodRow]] = {reads: {} for reads in grid}
    wanted = [(reads, method) for reads in grid for method in methods]
    for reads, method in wanted:
        choice = choices[reads].get(method) or comparison.choices.set_beforehand(method)
        with progress.cell(f"{reads}/{method}"):
            row = comparison.cells.method_row(opened, grid[reads], method, choice)
        rows[reads][method] = row
    progress.close()
    accuracy = common.measure.accuracy(stage1.logits, opened.data)
    return comparison.report.Comparison(rows, choices, accuracy)


def see(opened: Opened[ComparisonSettings, Divided]) -> View:
    """What the network is shown of every picture."""
    if opened.config.view == CROP:
        return triplet.classifiers.Looking(opened).crop(common.frozen.ALPHA)
    truth = opened.data.records.boxes
    return View(truth, found=truth) if opened.config.view == BOX else WHOLE


def train_stage1(opened: Opened[ComparisonSettings, Divided], view: View) -> Stage1:
    """The classifier, and what it says of every picture."""
    config = opened.config
    name = triplet.work.name_of_view(config.network, config.view)
    return triplet.stage1.stage1(opened, name, {config.view: view})


def choose_all(
    opened: Opened[ComparisonSettings, Divided],
    methods: tuple[str, ...],
    view: View,
    progress: Progress,
) -> dict[str, dict[str, Choice]]:
    """What every method is trained with, by what its head reads."""
    trained = [method for method in methods if METHODS[method].trained]
    reads = opened.config.hash_input
    if not opened.config.choose or not trained:
        beforehand = {method: comparison.choices.set_beforehand(method) for method in trained}
        return dict.fromkeys(reads, beforehand)
    inside = comparison.choices.opened_for_choices(opened)
    stage1 = train_stage1(inside, view)
    grid = comparison.inputs.columns(inside, stage1, view)
    choices: dict[str, dict[str, Choice]] = {one: {} for one in reads}
    wanted = [(one, method) for one in reads for method in trained]
    for one, method in wanted:
        with progress.cell(f"{comparison.progress.CHOICE}/{one}/{method}"):
            task = grid[one].task_of(method)
            choices[one][method] = comparison.choices.choose(inside, method, one, task)
    return choices


def compose(opened: Opened[ComparisonSettings, Divided], found: Comparison) -> Report:
    """The report of the experiment."""
    return comparison.report.compose(opened, found)


RECIPE = Recipe(load=load, run=run, compose=compose, check=all_of(check_weights, check_saliency))

if __name__ == "__main__":
    sys.exit(main(RECIPE, Config, __doc__))
