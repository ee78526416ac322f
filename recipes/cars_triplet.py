"""Adaptive triplet network (Pan et al. 2021) on Cars196, which the paper does not use.

    python -m recipes.cars_triplet --data-dir CARS
    python -m recipes.cars_triplet --data-dir CARS --split zero_shot

Method, rows and settings are those of ``recipes.cub_triplet``. The addresses of the data are dead;
CARS holds what was kept of them (docs/how_to/data_sets.md). With ``--split zero_shot`` the first 98
classes train and the others, never seen, are searched, as in metric learning.
"""

import dataclasses
import sys
from typing import ClassVar

from recipes import cub_triplet
from recipes.common.cli import main, option
from recipes.triplet.published import Published


@dataclasses.dataclass(frozen=True)
class Config(cub_triplet.Config):
    """The settings of ``cub_triplet`` on another data set."""

    published: ClassVar[Published | None] = None

    recipe: str = dataclasses.field(default="cars_triplet", init=False)
    dataset: str = option("cars196", "name in the catalogue (ours)")


RECIPE = cub_triplet.RECIPE

if __name__ == "__main__":
    sys.exit(main(RECIPE, Config, __doc__))
