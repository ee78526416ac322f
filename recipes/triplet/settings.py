"""The settings of the triplet recipes: what is held out, who looks, rows and margins."""

from __future__ import annotations

import dataclasses
import os
from typing import Any, ClassVar

from recipes.common.cli import option, require
from recipes.common.networks import BACKBONES
from recipes.common.settings import MiningSettings, flag
from recipes.triplet.protocol import HELD_OUT, PAPER, PROTOCOLS
from recipes.triplet.published import Published

# What a demonstration on the drawn birds shrinks, and what keeps it from fetching anything.
DEMO = {
    "dataset": "drawn_birds/demo",
    "image_size": 128,
    "width": 16,
    "weights": "none",
    "epochs": 14,
    "saliency_network": "stage1",
}
# In place of a threshold.
WHOLE_PICTURES = "none"
# Those but ResNet18 and ResNet18-I are ours.
NETWORKS = tuple(name + view for name in BACKBONES for view in ("", "+crop"))


@dataclasses.dataclass(frozen=True)
class TripletSettings(MiningSettings):
    """The same for the triplet recipes: what is held out, where saliency is read."""

    held_out: float = option(0.1, "share of the training part that choices are made on (ours)")
    saliency_layer: str | None = option(
        None, "of the saliency network (default: the deepest map of 4x4 or more)"
    )
    grey: str = option(
        "minmax", "from map to grey picture (ours)", choices=("minmax", "viridis_luma")
    )
    region: str = option("box", "what is kept (ours)", choices=("box", "mask", "mask_in_box"))

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 < self.held_out <= 0.5, f"--held-out must be in (0, 0.5], got {self.held_out}")


@dataclasses.dataclass(frozen=True)
class SaliencySettings(TripletSettings):
    """The same where one saliency network is chosen."""

    saliency_network: str = option(
        "inception_resnet_v2",
        "who points at the subject: inception_resnet_v2 (paper), inception_v3, resnet18, stage1 "
        "(the ResNet18 just trained on whole pictures), or a .keras file",
    )
    saliency_weights: str = option("imagenet", "its weights: imagenet (paper), none, or a file")
    saliency_maps: str = option(
        "sum",
        "sum of the channels (paper), or class: the activation of the predicted class",
        choices=("sum", "class"),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("saliency_network", "saliency_weights"):
            if os.path.isfile(value := getattr(self, name)):
                object.__setattr__(self, name, os.path.abspath(value))


@dataclasses.dataclass(frozen=True)
class PaperSettings(SaliencySettings):
    """The same for the paper's rows and tables."""

    # Whose published figures stand in the tables.
    published: ClassVar[Published | None] = None

    networks: tuple[str, ...] = option(
        ("resnet18", "resnet18+crop", "resnet18_i+crop"),
        "networks (paper), on whole pictures or on the salient region; the last is exported",
        choices=NETWORKS,
    )
    alpha: float | str = option(
        0.4,
        "share of 255 above which the map is kept, or mean (paper); none for a table 3 of whole "
        "pictures",
    )
    margins: tuple[float, ...] = option(
        (0.25, 0.5, 1.0, 2.0, 4.0, 8.0), "fixed margins tried (ours)"
    )
    margin: float = option(1.0, "the fixed margin that counts where none is chosen (ours)")
    protocol: str = option(
        PAPER,
        "paper: all of the training part, last epoch; selected: margin and epochs chosen on a "
        "held-out part, then all of it; held_out: margin chosen, that part never trained on",
        choices=PROTOCOLS,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.alpha == WHOLE_PICTURES:
            crops = [name for name in self.networks if name.endswith("+crop")]
            require(not crops, f"--alpha none keeps all: leave --networks {' '.join(crops)} out")
        else:
            check_alpha(self.alpha, "alpha")
        require(min(self.margins) >= 0, f"--margins must not be negative, got {self.margins}")
        require(self.margin >= 0, f"--margin must not be negative, got {self.margin}")
        shown = {f"{margin:g}" for margin in self.margins}
        require(len(shown) == len(self.margins), "--margins names a margin twice")
        require(
            self.protocol != PAPER or self.margin in self.margins,
            f"--margin {self.margin:g} must be one of --margins {' '.join(sorted(shown))}",
        )
        require(len(set(self.networks)) == len(self.networks), "--networks names a network twice")

    @staticmethod
    def demo_settings() -> dict[str, Any]:
        """The same experiment with fewer pixels, channels, classes and epochs."""
        return {**DEMO, "margins": (1.0, 4.0, 8.0), "protocol": HELD_OUT}


def check_alpha(alpha: float | str, name: str) -> None:
    """A threshold: a share between 0 and 1, or ``mean``."""
    require(
        alpha == "mean" or (isinstance(alpha, float) and 0 < alpha < 1),
        f"{flag(name)} must lie between 0 (keeps nearly everything) and 1 (keeps nothing), or be "
        f"mean, got {alpha}",
    )
