"""Adaptive triplet network on CUB-200-2011 (Pan et al. 2021).

    python -m recipes.cub_triplet                 prepared TFDS data, ImageNet weights that
                                                  docs/how_to/weights.md tells of, the paper's sizes
    python -m recipes.cub_triplet --table 1 2 3 --seeds 3       the paper's tables
    python -m recipes.cub_triplet --plan          what a run will take
    python -m recipes.cub_triplet --demo          drawn_birds, minutes on two CPU cores

The method: a saliency network points at the subject of every picture, which is cut out. A network
is trained on it by softmax cross-entropy, then frozen; a hash layer on its pooled features is
trained by the adaptive triplet loss on hard triplets that are mined anew every three epochs. Beside
it stand what a reader would ask for: the network on whole pictures, the features themselves, random
hyperplanes, a random code of the predicted class, codes trained by cross-entropy, and the triplet
loss with a fixed margin. A network that starts from weights is not trained as one that starts from
random numbers (``--training``), and ``--hash-input probabilities`` reads "a hash layer added" as
one behind the classifier: docs/papers/adaptive_triplet.md. As in the
paper, all of the training part is trained on and the last epoch counts; ``--protocol selected``
chooses margin and epochs on held-out training pictures first. Published for 64 bits on CUB: 68.22
mAP.
"""

from __future__ import annotations

import dataclasses
import functools
import sys
from typing import TYPE_CHECKING, ClassVar

from data_pipelines.records import DataError
from data_pipelines.view import WHOLE, View
from recipes import common, triplet
from recipes.common.cli import main
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.recipe import Recipe, all_of, perform
from recipes.common.report import Report
from recipes.triplet.protocol import HELD_OUT, SELECTED, Choice
from recipes.triplet.published import CUB, Published
from recipes.triplet.settings import PaperSettings
from tfretrieval.run_folder import RunFolder

if TYPE_CHECKING:
    from recipes.triplet.report import NetworkResult
    from recipes.triplet.stage1 import Stage1


@dataclasses.dataclass(frozen=True)
class Config(PaperSettings):
    """Settings of the experiment; the command line is made from them."""

    published: ClassVar[Published | None] = CUB
    recipe: str = dataclasses.field(default="cub_triplet", init=False)


@dataclasses.dataclass(frozen=True, eq=False)
class Results:
    """The networks, and what the crops among them are."""

    networks: list[NetworkResult]
    crop: View


def check_weights(config: PaperSettings) -> None:
    views = [(name, view) for name in config.networks for view in triplet.work.seen(name)]
    names = [triplet.work.name_of_view(name, view) for name, view in views]
    common.networks.check_weights(names, config)


def check_saliency(config: PaperSettings) -> None:
    if triplet.work.looks(config.networks):
        triplet.saliency.pretrained(config)


def load(config: PaperSettings, folder: RunFolder) -> Divided:
    """The data set, a share of its training part held out where choices are made."""
    data = common.data.open_data(config, folder, triplet.protocol.held_out_share(config))
    boxed = [name for name in config.networks if triplet.work.BOX in triplet.work.seen(name)]
    if boxed and data.records.boxes is None:
        raise DataError(f"{data.name} has no true boxes: leave --networks {boxed[0]} out")
    return data


def run(opened: Opened[PaperSettings, Divided]) -> Results:
    """Every network of the experiment, on whole pictures or on what the saliency network shows."""
    config, choices = opened.config, {}
    if config.protocol == SELECTED:
        choose = functools.partial(perform, RECIPE)
        choices = triplet.protocol.choose(config, choose, opened.folder)
    crop = WHOLE
    if triplet.work.looks(config.networks):
        crop = triplet.classifiers.Looking(opened).crop(config.alpha)
    truth = opened.data.records.boxes
    views = {
        triplet.work.WHOLE: WHOLE,
        triplet.work.CROP: crop,
        triplet.work.BOX: View(truth, found=truth),
    }
    results = []
    for name in config.networks:
        # Stage 1: softmax cross-entropy on the pictures that are not held out. The network is
        # frozen then, so every picture passes it once.
        seen = {part: views[part] for part in triplet.work.seen(name)}
        stage1 = triplet.stage1.stage1(opened, name, seen)
        for reads in config.hash_input:
            row = triplet.work.row_name(name, reads)
            results.append(run_heads(opened, row, reads, stage1, choices.get(row)))
        if name == config.networks[-1]:
            head = results[-1].heads[triplet.margins.ADAPTIVE]
            encoder = stage1.encoder(config, config.hash_input[-1])
            view = crop if triplet.work.looks([name]) else WHOLE
            common.export.export(opened, encoder, head, view)
    return Results(results, crop)


def run_heads(
    opened: Opened[PaperSettings, Divided],
    name: str,
    reads: str,
    stage1: Stage1,
    choice: Choice | None,
) -> NetworkResult:
    """Every row of one network, of what its hash layers read."""
    config, data = opened.config, opened.data
    # Stage 2, and its rivals on the same inputs, optimizer, batches and epochs.
    inputs = stage1.inputs(reads, config.temperature)
    heads = triplet.heads.train_all(opened, name, inputs, choice.epochs if choice else {})
    codes = {label: head["codes"] for label, head in heads.items()}

    # The fixed margin that counts: set beforehand, or the best on held-out training pictures.
    held_out = {label: common.measure.held_out_map(c, data) for label, c in codes.items()}
    best = triplet.margins.fixed(config.margin)
    if choice:
        held_out, best = choice.held_out, choice.margin
    elif config.protocol == HELD_OUT:
        best = triplet.protocol.best_margin(held_out)

    return triplet.report.measured(opened, name, stage1, inputs, heads, held_out, best)


def compose(opened: Opened[PaperSettings, Divided], results: Results) -> Report:
    """The report of the experiment."""
    return triplet.report.compose(opened, results.networks, results.crop)


RECIPE = Recipe(
    load=load,
    run=run,
    compose=compose,
    check=all_of(check_weights, check_saliency),
    tables=lambda *arguments: triplet.tables.run(load, *arguments),
    plan=lambda *arguments: triplet.plan.plan(load, *arguments),
)

if __name__ == "__main__":
    sys.exit(main(RECIPE, Config, __doc__))
