"""How much a center loss should weigh beside cross-entropy, by held-out training pictures.

    python -m recipes.center_weights --dataset caltech256
    python -m recipes.center_weights --demo      drawn_birds, about an hour on two CPU cores

A share of every class's training pictures is held out; a network of ``recipes.caltech256_center``
is trained on the others for every loss and weight, and the held-out pictures search them by the
Euclidean distance of features. The queries are not looked at.
"""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING

from recipes import center, common
from recipes.center.settings import SOFTMAX, WEIGHED, CenterSettings
from recipes.common.cli import main, option, require
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.recipe import Recipe

if TYPE_CHECKING:
    from recipes.center.weighing import Weighed


@dataclasses.dataclass(frozen=True)
class Config(CenterSettings):
    """Settings of the experiment; the command line is made from them."""

    recipe: str = dataclasses.field(default="center_weights", init=False)
    losses: tuple[str, ...] = option(WEIGHED, "losses that are weighed", choices=WEIGHED)
    lambdas: tuple[float, ...] = option(
        (0.001, 0.01, 0.1, 1.0, 10.0), "weights that are tried (ours)"
    )
    held_out: float = option(0.1, "share of the training part that choices are made on (ours)")

    def __post_init__(self) -> None:
        super().__post_init__()
        require(min(self.lambdas) > 0, f"--lambdas must be positive, got {self.lambdas}")
        require(0 < self.held_out <= 0.5, f"--held-out must be in (0, 0.5], got {self.held_out}")


def run(opened: Opened[Config, Divided]) -> list[Weighed]:
    """Cross-entropy alone, then every loss at every weight."""
    seen = center.training.see(opened)
    results = [center.weighing.weigh(opened, SOFTMAX, SOFTMAX, seen)]
    for loss in opened.config.losses:
        for value in opened.config.lambdas:
            weighed = opened.with_config(**{f"{loss}_lambda": value})
            results.append(center.weighing.weigh(weighed, loss, f"{loss}@{value:g}", seen))
    return results


RECIPE = Recipe(
    load=lambda config, folder: common.data.open_data(config, folder, config.held_out),
    run=run,
    compose=lambda opened, results: center.weighing.compose_weights(opened, results),
    check=lambda config: common.networks.check_weights([config.backbone], config),
    once="a weight is chosen once",
)

if __name__ == "__main__":
    sys.exit(main(RECIPE, Config, __doc__))
