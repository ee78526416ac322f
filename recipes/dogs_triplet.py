"""Adaptive triplet network on Stanford Dogs (Pan et al. 2021).

    python -m recipes.dogs_triplet
    python -m recipes.dogs_triplet --table 1 2 3 --seeds 3      the paper's tables

Method, rows and settings are those of ``recipes.cub_triplet``. Published: 38.26 mAP of ResNet18's
codes at 64 bits, about 21 points more with the triplet, no clear gain from the saliency crop, about
2 points above FPH at 48 and 64 bits. The photographs come from ImageNet: a network pretrained there
has seen many of them.
"""

import dataclasses
import sys
from typing import ClassVar

from recipes import cub_triplet
from recipes.common.cli import main, option
from recipes.triplet.published import DOGS, Published


@dataclasses.dataclass(frozen=True)
class Config(cub_triplet.Config):
    """The settings of ``cub_triplet`` on another data set."""

    published: ClassVar[Published | None] = DOGS

    recipe: str = dataclasses.field(default="dogs_triplet", init=False)
    dataset: str = option("stanford_dogs", "name in the catalogue (paper)")


RECIPE = cub_triplet.RECIPE

if __name__ == "__main__":
    sys.exit(main(RECIPE, Config, __doc__))
