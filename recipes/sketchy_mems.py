r"""Sketches search photos on Sketchy (extended): domain-aware gates and MEMS (Lu et al. 2021).

    python -m recipes.sketchy_mems --data-dir SKETCHY       folders, and weights of ResNet50
    python -m recipes.sketchy_mems --dataset openmoji --seeds 3     the grid on drawings
    python -m recipes.sketchy_mems --dataset folder --data-dir PACS.csv --training frozen \
        --epochs 30 --learning-rate 1e-3    behind a frozen EfficientNet-Lite0: minutes
    python -m recipes.sketchy_mems --demo                   openmoji/demo, minutes on two CPU cores

The method: one network sees sketches and photos alike; squeeze-and-excitation gates that know the
domain weigh its channels for each. A linear layer gives 512 features, trained by a softmax over
distances to class centers whose margin multiplies the own distance (MEMS) and grows from 1 to 4.
A sketch and its mirror image search photos and theirs, by the least of four distances. Binary
codes come from a linear map that is fitted on the class centers alone. Beside MEMS stand
cross-entropy and CosFace, beside the domain-aware gates (DASE) plain ones (SE) and none. The
paper's table was not available (docs/papers/sketch_retrieval.md); its claims are DASE above SE
above none, MEMS above softmax.
"""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING

from recipes import common, sketch
from recipes.common.cli import main
from recipes.common.opened import Opened
from recipes.common.recipe import Recipe
from recipes.sketch.settings import COSFACE, SketchSettings, row_name

if TYPE_CHECKING:
    from recipes.sketch.data import SketchData
    from recipes.sketch.sketch_result import SketchResult
    from recipes.sketch.training import Seen


@dataclasses.dataclass(frozen=True)
class Config(SketchSettings):
    """Settings of the experiment; the command line is made from them."""

    recipe: str = dataclasses.field(default="sketchy_mems", init=False)


def run(opened: Opened[SketchSettings, SketchData]) -> list[SketchResult]:
    """Every loss on every kind of gates, from the same initial weights."""
    seen = sketch.training.see(opened)
    return [
        run_row(opened, loss, gates, seen)
        for loss in opened.config.losses
        for gates in opened.config.gates
    ]


def run_row(
    opened: Opened[SketchSettings, SketchData], loss: str, gates: str, seen: Seen
) -> SketchResult:
    """One loss on one network: trained, then searched by features and by codes."""
    config, name = opened.config, row_name(loss, gates)
    model, history = sketch.training.train(opened, loss, gates, seen)
    encoder = sketch.training.encoder_of(model)

    # Every picture and its mirror image pass the trained network once.
    features = sketch.features.embed(opened, name, encoder, seen.maps)
    centers = sketch.training.class_centers(loss, model, features, opened.data)
    if loss == COSFACE:
        # Its distance is the angle.
        features, centers = sketch.features.unit(features), sketch.features.unit(centers)

    # The linear map to codes knows the class centers alone.
    codes = sketch.center_codes.fit_codes(opened, name, centers)
    encoder = sketch.training.on_pictures(opened, loss, gates, encoder, seen)
    if (loss, gates) == (config.losses[-1], config.gates[-1]):
        sketch.export.export(opened, loss, encoder, features, codes)
    return sketch.sketch_result.measure_row(opened, loss, gates, history, encoder, features, codes)


RECIPE = Recipe(
    load=lambda config, folder: sketch.data.open_sketches(config, folder),
    run=run,
    compose=lambda opened, results: sketch.report.compose(opened, results),
    check=lambda config: common.networks.check_weights(
        [config.network(gates) for gates in config.gates], config
    ),
)

if __name__ == "__main__":
    sys.exit(main(RECIPE, Config, __doc__))
