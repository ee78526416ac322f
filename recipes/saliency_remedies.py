"""Why a saliency crop fails where pictures show several objects, and what helps.

    python -m recipes.saliency_remedies --seeds 5      drawn pictures, no download

Pan et al. 2021 find no gain on Stanford Dogs: the photographs show several objects, and the
saliency network was not trained on the target data. Here the same with drawings: a network
pretrained on single objects of many kinds, birds of other species among them, points at whatever is
an object; the target pictures show a bird among rivals of its size. Four remedies: the network just
trained on the target data; its class-activation maps; alpha chosen on held-out training pictures;
two rounds, in which the network trained on the first crops looks again. The true boxes say how much
there is to gain.
"""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING

from data_pipelines.records import DataError
from data_pipelines.view import WHOLE, View
from recipes import common, triplet
from recipes.common.cli import main
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.recipe import Recipe
from recipes.common.report import Report
from recipes.triplet.remedy_settings import RemedySettings
from tfretrieval.run_folder import RunFolder

if TYPE_CHECKING:
    import tensorflow as tf

    from recipes.triplet.view_row import ViewRow
    from tfretrieval.saliency import Localizer


@dataclasses.dataclass(frozen=True)
class Config(RemedySettings):
    """Settings of the experiment; the command line is made from them."""

    recipe: str = dataclasses.field(default="saliency_remedies", init=False)


@dataclasses.dataclass(frozen=True, eq=False)
class Results:
    """Title of a row -> what it sees and what it reaches; the threshold that was chosen."""

    views: dict[str, View]
    rows: dict[str, ViewRow]
    alpha: float | str


def check(config: RemedySettings) -> None:
    """Weights and the layer that looks are told before the data."""
    common.networks.check_weights([config.network], config)
    triplet.saliency.check_layer(config)


def load(config: RemedySettings, folder: RunFolder) -> Divided:
    """The target data, which need true boxes."""
    data = common.data.open_data(config, folder, config.held_out)
    if data.records.boxes is None:
        raise DataError(f"{data.name} has no true boxes, which this experiment needs")
    return data


def run(opened: Opened[RemedySettings, Divided]) -> Results:
    """The failure, the remedies, and what there is to gain."""
    config, names = opened.config, triplet.remedies
    views: dict[str, View] = {}
    rows: dict[str, ViewRow] = {}

    def measure(title: str, name: str, view: View) -> None:
        views[title] = view
        rows[title] = triplet.view_row.measure_view(opened, name, view)

    def crop(localizer: Localizer, name: str, alpha: float | str = config.alpha) -> View:
        table = common.saliency.look(opened, localizer, name)
        return common.saliency.view(localizer, table, alpha, config.region)

    # What there is to gain.
    truth = opened.data.records.boxes
    measure(names.WHOLE_PICTURE, config.network, WHOLE)
    measure(names.TRUE_BOX, f"{config.network}+true", View(truth, found=truth))

    # The failure: a network that knows objects, but not these birds.
    pretrained = triplet.saliency.localizer(pretrain(opened), config)
    first = crop(pretrained, "pretrained")
    first_name = f"{config.network}+pretrained@{config.alpha}"
    measure(names.PRETRAINED, first_name, first)

    # Remedy: the network that was trained on whole pictures of the target data.
    classifier, _ = triplet.classifiers.train_stage1(opened, config.network, WHOLE)
    stage1 = triplet.saliency.localizer(classifier, config)
    measure(names.STAGE_1, f"{config.network}+stage1", crop(stage1, "stage1"))

    # Remedy: what speaks for the predicted class, in place of everything that is there.
    classes = triplet.saliency.localizer(classifier, config, maps="class")
    measure(names.CLASS_MAPS, f"{config.network}+class", crop(classes, "class"))

    # Remedy: the alpha whose crops of held-out pictures the stage-1 network classifies best.
    tried = {alpha: crop(pretrained, "pretrained", alpha) for alpha in config.alphas}
    alpha = triplet.saliency.best_alpha(opened, classifier, tried)
    measure(names.CHOSEN_ALPHA, f"{config.network}+pretrained@{alpha}", tried[alpha])

    # Remedy: the network that was trained on the pretrained one's crops looks again.
    retrained, _ = triplet.classifiers.train_stage1(opened, first_name, first)
    again = triplet.saliency.localizer(retrained, config)
    measure(names.TWO_ROUNDS, f"{config.network}+again", crop(again, "again"))
    return Results(views, rows, alpha)


def pretrain(opened: Opened[RemedySettings, Divided]) -> tf.keras.Model:
    """The classifier of single objects of many kinds."""
    config = opened.config
    # A run of its own inside the run: it has other data, and other pictures held out.
    inside = opened.with_config(
        dataset=config.source, data_dir=config.source_dir, epochs=config.source_epochs
    ).inside("source")
    data = common.data.open_data(inside.config, inside.folder, config.held_out)
    source = dataclasses.replace(inside, data=data)
    network, _ = triplet.classifiers.train_stage1(source, "resnet18", WHOLE)
    return network


def compose(opened: Opened[RemedySettings, Divided], results: Results) -> Report:
    """The report of the experiment."""
    return triplet.remedies.compose(opened, results.views, results.rows, results.alpha)


RECIPE = Recipe(load=load, run=run, compose=compose, check=check)

if __name__ == "__main__":
    sys.exit(main(RECIPE, Config, __doc__))
