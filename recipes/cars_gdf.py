"""GDF-Net on Cars196 (Sun et al. 2022), beside the adaptive triplet network.

    python -m recipes.cars_gdf --data-dir CARS
    python -m recipes.cars_gdf --data-dir CARS --split zero_shot

Method, rows and settings are those of ``recipes.cub_gdf``. The addresses of the data are dead; CARS
holds what was kept of them (docs/how_to/data_sets.md). With ``--split zero_shot`` the first 98
classes train and the others, never seen, are searched.
"""

import dataclasses
import sys

from recipes import cub_gdf
from recipes.common.cli import main, option


@dataclasses.dataclass(frozen=True)
class Config(cub_gdf.Config):
    """The settings of ``cub_gdf`` on another data set."""

    recipe: str = dataclasses.field(default="cars_gdf", init=False)
    dataset: str = option("cars196", "name in the catalogue (paper)")


RECIPE = cub_gdf.RECIPE

if __name__ == "__main__":
    sys.exit(main(RECIPE, Config, __doc__))
