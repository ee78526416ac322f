"""Sketches search photos on TU-Berlin (extended): domain-aware gates and MEMS (Lu et al. 2021).

    python -m recipes.tuberlin_mems --data-dir TUBERLIN

Method, rows and settings are those of ``recipes.sketchy_mems``. Here 80 sketches of a class make do
for 250 classes: 17,500 are trained on.
"""

import dataclasses
import sys

from recipes import sketchy_mems
from recipes.common.cli import main, option


@dataclasses.dataclass(frozen=True)
class Config(sketchy_mems.Config):
    """The settings of ``sketchy_mems`` on another data set."""

    recipe: str = dataclasses.field(default="tuberlin_mems", init=False)
    dataset: str = option("tu_berlin_extended", "name in the catalogue (paper)")
    epochs: int = option(252, "passes over the sketches (paper: 200,000 steps)")


RECIPE = sketchy_mems.RECIPE

if __name__ == "__main__":
    sys.exit(main(RECIPE, Config, __doc__))
