"""GDF-Net on CUB-200-2011 (Sun et al. 2022), beside the adaptive triplet network.

    python -m recipes.cub_gdf                            prepared TFDS data, ImageNet weights
    python -m recipes.cub_gdf --more-bits 16 32 64       further lengths of the code
    python -m recipes.cub_gdf --seeds 3                  with intervals
    python -m recipes.cub_gdf --demo                     drawn_birds, minutes on two CPU cores

The method: attention maps, each for a part of the subject, pool the network's last map part by
part; a graph between the parts of one picture joins each to those most like it; both enter a hash
layer under the classifier. Cross-entropy trains all of it, a Cauchy loss draws the codes to +-1, a
third term keeps every bit at one in half of the pictures. Each row adds one of these to the row
before and is trained from end to end, from the same backbone, in the same batches and steps; from
random numbers a signed root and a graph learn badly, so that without ImageNet's weights a
classifier of the training pictures comes first, for every row. In the same table stands the
adaptive triplet network (Pan et al. 2021) on the same backbone, split and metric: a classifier that
is frozen, and hash layers on its pooled features. Weights of the losses, the fixed margin and
epochs are set beforehand; of several learning rates (--rates) held-out training pictures choose one
for each row. The paper's tables were not available (docs/papers/gdf_net.md).
"""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING

from recipes import common, gdf
from recipes.common.cli import main
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.recipe import Recipe
from recipes.common.report import Report
from recipes.gdf.settings import GdfSettings
from tfretrieval.run_folder import RunFolder

if TYPE_CHECKING:
    from recipes.gdf.gdf_result import GdfResult
    from recipes.gdf.rivals import Frozen
    from recipes.gdf.start import Start


@dataclasses.dataclass(frozen=True)
class Config(GdfSettings):
    """Settings of the experiment; the command line is made from them."""

    recipe: str = dataclasses.field(default="cub_gdf", init=False)


@dataclasses.dataclass(frozen=True, eq=False)
class Results:
    """Bits -> the rows of this length; the frozen classifier of the rivals."""

    lengths: dict[int, list[GdfResult]]
    frozen: Frozen


def check(config: GdfSettings) -> None:
    """Weights and layers that are not there are told before the data."""
    gdf.start.network(config)


def load(config: GdfSettings, folder: RunFolder) -> Divided:
    """The data set; a part is held out where a rate is chosen."""
    return common.data.open_data(config, folder, config.held_out if config.rates else 0.0)


def run(opened: Opened[GdfSettings, Divided]) -> Results:
    """Every row of both papers from the same start, at every length of the code."""
    config = opened.config
    start = gdf.start.start(opened)
    frozen = gdf.rivals.train_frozen(opened, start)
    lengths = {config.bits: run_length(opened, start, frozen)}
    for bits in config.more_bits:
        # A run of its own inside the run: other codes, other files to use them by.
        inside = opened.with_config(bits=bits, more_bits=()).inside(f"{bits}-bits")
        lengths[bits] = run_length(inside, start, frozen)
    return Results(lengths, frozen)


def run_length(
    opened: Opened[GdfSettings, Divided], start: Start, frozen: Frozen
) -> list[GdfResult]:
    """Every row of one length of the code, of both papers."""
    rows = [run_row(opened, row, start) for row in opened.config.rows]
    return [*rows, *gdf.rivals.run_rivals(opened, frozen)]


def run_row(opened: Opened[GdfSettings, Divided], row: str, start: Start) -> GdfResult:
    """A network trained from end to end, and its codes measured."""
    trained = gdf.training.train_best(opened, row, start)
    if row == opened.config.rows[-1]:
        encoder = gdf.training.encoder_of(opened, row, trained.model, start)
        common.export.export_codes(opened, encoder, trained.codes, start.view)
    return gdf.gdf_result.measured(
        opened,
        row,
        trained.codes,
        trained.logits,
        trained.history,
        float(trained.history["seconds"].sum()),
        trained.rate,
        gdf.gdf_result.attention_of(opened, trained.model, start),
    )


def compose(opened: Opened[GdfSettings, Divided], results: Results) -> Report:
    """The report of the experiment."""
    return gdf.report.compose(opened, results.lengths, results.frozen)


RECIPE = Recipe(load=load, run=run, compose=compose, check=check)

if __name__ == "__main__":
    sys.exit(main(RECIPE, Config, __doc__))
