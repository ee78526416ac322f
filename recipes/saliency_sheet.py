"""What the saliency crop does: table 2 and figures 3 and 6 of Pan et al. 2021.

    python -m recipes.saliency_sheet --dataset caltech_birds2011 --alphas 0.2 0.3 0.4 0.5 0.6 none
    python -m recipes.saliency_sheet --demo      drawn_birds, about 15 minutes on two CPU cores

A saliency network looks at every picture once; each threshold alpha makes its own regions of the
same small maps, and a network is trained on each. Beside the paper's accuracy and mAP stand what a
data set with boxes can tell: how well the regions meet the objects, against the whole picture and
the centre of it. Published for CUB: alpha 0.4 is best, about 7 points of accuracy and mAP above
whole pictures; for Stanford Dogs: no clear gain.
"""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING, Any

from data_pipelines.view import WHOLE, View
from recipes import common, triplet
from recipes.common.cli import main, option, require
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.recipe import Recipe, all_of
from recipes.common.report import Report
from recipes.triplet.settings import DEMO, SaliencySettings, check_alpha
from tfretrieval.run_folder import RunFolder

if TYPE_CHECKING:
    from recipes.triplet.classifiers import Looking
    from recipes.triplet.view_row import ViewRow


@dataclasses.dataclass(frozen=True)
class Config(SaliencySettings):
    """Settings of the experiment; the command line is made from them."""

    recipe: str = dataclasses.field(default="saliency_sheet", init=False)
    network: str = option("resnet18_i", "trained (paper)", choices=("resnet18", "resnet18_i"))
    alphas: tuple[float | str, ...] = option(
        (0.2, 0.3, 0.4, 0.5, 0.6, "none"), "thresholds, mean, or none for whole pictures (paper)"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for alpha in self.alphas:
            if alpha != "none":
                check_alpha(alpha, "alphas")
        require(len(set(self.alphas)) == len(self.alphas), "--alphas names a threshold twice")
        require(set(self.alphas) != {"none"}, "--alphas needs a threshold beside none")

    @staticmethod
    def demo_settings() -> dict[str, Any]:
        """The same experiment with fewer pixels, channels, classes and epochs."""
        return {**DEMO, "network": "resnet18"}


@dataclasses.dataclass(frozen=True, eq=False)
class Results:
    """Who looked; alpha -> what is seen, and what a network trained on it reaches."""

    looking: Looking
    views: dict[float | str, View]
    rows: dict[float | str, ViewRow]


def check_weights(config: Config) -> None:
    common.networks.check_weights([config.network], config)


def check_saliency(config: Config) -> None:
    triplet.saliency.pretrained(config)


def load(config: Config, folder: RunFolder) -> Divided:
    """The data set, a share of its training part held out."""
    return common.data.open_data(config, folder, config.held_out)


def run(opened: Opened[Config, Divided]) -> Results:
    """One look at every picture, then a network for every threshold."""
    looking = triplet.classifiers.Looking(opened)
    views: dict[float | str, View] = {}
    rows: dict[float | str, ViewRow] = {}
    for alpha in opened.config.alphas:
        name = opened.config.network
        views[alpha] = WHOLE
        if alpha != "none":
            name, views[alpha] = f"{name}+{alpha}", looking.crop(alpha)
        rows[alpha] = triplet.view_row.measure_view(opened, name, views[alpha])
    return Results(looking, views, rows)


def compose(opened: Opened[Config, Divided], results: Results) -> Report:
    """The report of the experiment."""
    return triplet.sheet.compose(opened, results.looking, results.views, results.rows)


RECIPE = Recipe(load=load, run=run, compose=compose, check=all_of(check_weights, check_saliency))

if __name__ == "__main__":
    sys.exit(main(RECIPE, Config, __doc__))
