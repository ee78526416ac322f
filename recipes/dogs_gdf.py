"""GDF-Net on Stanford Dogs (Sun et al. 2022), beside the adaptive triplet network.

    python -m recipes.dogs_gdf
    python -m recipes.dogs_gdf --seeds 3

Method, rows and settings are those of ``recipes.cub_gdf``. The photographs come from ImageNet: a
network pretrained there has seen many of them.
"""

import dataclasses
import sys

from recipes import cub_gdf
from recipes.common.cli import main, option


@dataclasses.dataclass(frozen=True)
class Config(cub_gdf.Config):
    """The settings of ``cub_gdf`` on another data set."""

    recipe: str = dataclasses.field(default="dogs_gdf", init=False)
    dataset: str = option("stanford_dogs", "name in the catalogue (paper)")


RECIPE = cub_gdf.RECIPE

if __name__ == "__main__":
    sys.exit(main(RECIPE, Config, __doc__))
