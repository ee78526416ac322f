"""Center loss and improved center loss on ILSVRC-2012 (Song et al. 2018).

    python -m recipes.imagenet_center --data-dir IMAGENET
    python -m recipes.imagenet_center --data-dir IMAGENET --classes 100 --per-class 200

IMAGENET holds ``train/`` and ``val/`` with a folder for each synset, or data that TFDS has
prepared. Method, rows and settings are those of ``recipes.caltech256_center``; the training part is
the database and the validation part are the queries. The network starts from random numbers:
published weights have seen these pictures with their labels.
"""

import dataclasses
import sys

from recipes import caltech256_center
from recipes.common.cli import main, option


@dataclasses.dataclass(frozen=True)
class Config(caltech256_center.Config):
    """The settings of ``caltech256_center`` on another data set."""

    recipe: str = dataclasses.field(default="imagenet_center", init=False)
    dataset: str = option("imagenet2012", "name in the catalogue (paper)")
    weights: str = option(
        "none", "what the network starts from: none for random numbers (ours), imagenet, or a file"
    )


RECIPE = caltech256_center.RECIPE

if __name__ == "__main__":
    sys.exit(main(RECIPE, Config, __doc__))
