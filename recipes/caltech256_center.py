r"""Center loss and improved center loss on Caltech256 (Song et al. 2018).

    python -m recipes.caltech256_center              256_ObjectCategories.tar, ImageNet weights
    python -m recipes.caltech256_center --seeds 5    with intervals
    python -m recipes.caltech256_center --dataset caltech_birds2011 --backbone efficientnet_lite0 \
        --training frozen --view crop                minutes: CUB behind a frozen network
    python -m recipes.caltech256_center --demo       drawn_birds, minutes on two CPU cores

The method: cross-entropy parts the classes, a second loss on the distances to class centers draws
each of them together, and the improved one also pushes it from the other centers. The same network
is trained by cross-entropy alone, with the center loss, and with the improved one, from the same
initial weights, in the same order, for as many epochs. Retrieval is by the features before the
classifier, Euclidean and cosine, and by their signs, which are the codes: a tanh bounds them, so
that a weight and a margin mean the same from the first epoch to the last. The weight of every loss
is set beforehand: ``recipes.center_weights`` chooses it on held-out training pictures. The paper's
network, weights and figures were not available (docs/papers/center_loss.md); its claim is that the
improved loss retrieves better than the center loss, and that better than cross-entropy alone.
"""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING

from recipes import center, common
from recipes.center.settings import CenterSettings
from recipes.common.cli import main
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.recipe import Recipe

if TYPE_CHECKING:
    from recipes.center.loss_result import LossResult
    from recipes.center.plane import Plane
    from recipes.center.training import Seen


@dataclasses.dataclass(frozen=True)
class Config(CenterSettings):
    """Settings of the experiment; the command line is made from them."""

    recipe: str = dataclasses.field(default="caltech256_center", init=False)


def run(opened: Opened[CenterSettings, Divided]) -> tuple[list[LossResult], dict[str, Plane]]:
    """Every loss from the same start, then the same through two features."""
    seen = center.training.see(opened)
    results = [run_loss(opened, loss, seen) for loss in opened.config.losses]
    return results, center.plane.planes(opened)


def run_loss(opened: Opened[CenterSettings, Divided], loss: str, seen: Seen) -> LossResult:
    """The network trained by one loss; its features, whose signs are codes, measured."""
    classifier, history = center.training.train(opened, loss, seen)
    cached = common.training.cached_features(
        opened, loss, classifier, layer=center.training.EMBEDDING, maps=seen.maps
    )
    if loss == opened.config.losses[-1]:
        encoder = center.training.encoder(opened, loss, classifier, seen)
        common.export.export_codes(opened, encoder, cached["features"], seen.view)
    return center.loss_result.measure_loss(opened, loss, cached, history)


RECIPE = Recipe(
    load=lambda config, folder: common.data.open_data(config, folder),
    run=run,
    compose=lambda opened, results: center.report.compose(opened, *results),
    check=lambda config: common.networks.check_weights([config.backbone], config),
)

if __name__ == "__main__":
    sys.exit(main(RECIPE, Config, __doc__))
