"""The settings of GDF-Net beside the adaptive triplet network, and their rows by name."""

from __future__ import annotations

import dataclasses
from typing import Any

from recipes.common.cli import option, require
from recipes.common.networks import BACKBONES
from recipes.common.settings import (
    VIEWS,
    WHOLE_PICTURES,
    MiningSettings,
    at_least_one,
    flag,
)

FULL, FROZEN_NETWORK = "full", "frozen"
BACKBONE, ATTENTION, GRAPH = "backbone", "attention", "graph"
CAUCHY, BALANCE, AUGMENTATION = "cauchy", "balance", "augmentation"
# Each has what those before it have.
ALL_ROWS = {
    BACKBONE: "backbone",
    ATTENTION: "+ attention",
    GRAPH: "+ graph",
    CAUCHY: "+ Cauchy quantisation",
    BALANCE: "+ bit balance",
    AUGMENTATION: "+ crop and drop",
}
# Augmentation takes three passes a step: only where it is asked for.
ROWS = tuple(ALL_ROWS)[:-1]
CROSS_ENTROPY, FIXED, ADAPTIVE = "cross-entropy", "fixed", "adaptive"
# Hash layers on the features of a frozen classifier.
RIVALS = {
    CROSS_ENTROPY: "frozen, cross-entropy codes",
    FIXED: "frozen, fixed-margin triplet",
    ADAPTIVE: "frozen, adaptive triplet",
}
TITLES = {**ALL_ROWS, **RIVALS}


@dataclasses.dataclass(frozen=True)
class GdfSettings(MiningSettings):
    """Sizes, rows, parts, weights of the losses, and the margin of the rivals."""

    image_size: int = option(448, "pixels of a side (the code that the authors' builds on)")
    width: int = option(64, "channels of the first stage of a ResNet (our choice)")
    batch_size: int = option(32, "pictures or triplets a step (our choice)")
    epochs: int = option(50, "epochs of every network (our choice)")
    pretraining: int = option(
        30,
        "epochs in which a network with --weights none first classifies the training pictures; "
        "every row starts from it, as from ImageNet's weights (ours)",
    )
    bits: int = option(48, "length of the code (the authors' code)")
    more_bits: tuple[int, ...] = option((), "further lengths, every row trained anew: 16 32 64")
    backbone: str = option("inception_v3", "the network (the authors' code)", BACKBONES)
    training: str = option(
        FULL,
        "full: all layers; frozen: the network as it is, parts, graph and codes behind it on its "
        "maps of every picture",
        choices=(FULL, FROZEN_NETWORK),
    )
    view: str = option(
        WHOLE_PICTURES,
        "what a frozen network sees: whole pictures, the true box, or the crop that its own map "
        "shows at alpha 0.4",
        choices=VIEWS,
    )
    layer: str | None = option(
        None,
        "where it ends (default: with the last stage but one, mixed7 of inception_v3, which is "
        "Mixed_6e of the authors' code)",
    )
    rows: tuple[str, ...] = option(
        ROWS,
        "backbone: hash layer and cross-entropy on the pooled map; each other adds itself to those "
        "before it in this order, augmentation crops and drops by attention, at three times the "
        "cost; the last is exported",
        choices=tuple(ALL_ROWS),
    )
    rates: tuple[float, ...] = option(
        (),
        "learning rates of which held-out training pictures choose one for each of --rows "
        "(default: --learning-rate for all)",
    )
    held_out: float = option(0.1, "share of the training part that --rates are chosen on (ours)")
    parts: int = option(32, "attention maps (the authors' code)")
    neighbours: int = option(3, "parts that a part of the graph sees, with itself (theirs)")
    quantization: float = option(0.1, "weight of the Cauchy quantisation loss (our choice)")
    gamma: float = option(20.0, "of the Cauchy distribution (Cao et al. 2018)")
    balance: float = option(0.1, "weight of the bit balance loss (our choice)")
    balance_per: str = option(
        "bit",
        "what is balanced: every bit over a batch (ours), or the bits of every image (their code)",
        choices=("bit", "image"),
    )
    margin: float = option(1.0, "the fixed margin of the triplet loss beside the adaptive (ours)")

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least_one(self, "parts", "neighbours")
        require(
            self.neighbours <= self.parts,
            f"--neighbours {self.neighbours} is more than --parts {self.parts}",
        )
        require(
            self.pretraining >= 0, f"--pretraining must not be negative, got {self.pretraining}"
        )
        require(self.gamma > 0, f"--gamma must be positive, got {self.gamma}")
        for name in ("quantization", "balance", "margin"):
            value = getattr(self, name)
            require(value >= 0, f"{flag(name)} must not be negative, got {value}")
        lengths = (self.bits, *self.more_bits)
        require(min(lengths) >= 1, "--more-bits must be at least 1")
        require(len(set(lengths)) == len(lengths), "--more-bits names a length twice, or --bits")
        require(
            self.view == WHOLE_PICTURES or self.training == FROZEN_NETWORK,
            f"--view {self.view} is what a frozen network sees: add --training frozen",
        )
        require(
            self.training == FULL or AUGMENTATION not in self.rows,
            "--training frozen keeps one map a picture: leave the row augmentation out",
        )
        require(
            min(self.rates, default=1) > 0 and len(set(self.rates)) == len(self.rates),
            f"--rates must be positive and different, got {self.rates}",
        )
        require(0 < self.held_out <= 0.5, f"--held-out must be in (0, 0.5], got {self.held_out}")
        order = [list(ALL_ROWS).index(row) for row in self.rows]
        require(order == sorted(set(order)), f"--rows must follow the order {' '.join(ALL_ROWS)}")

    @staticmethod
    def demo_settings() -> dict[str, Any]:
        """The same experiment with fewer pixels, channels, parts, classes and epochs."""
        return {
            "dataset": "drawn_birds/demo",
            "image_size": 96,
            "backbone": "resnet18",
            "width": 16,
            "weights": "none",
            "pretraining": 10,
            "epochs": 8,
            "parts": 8,
            # What held-out pictures chose in cub_triplet's demonstration.
            "margin": 4.0,
        }

    def has(self, row: str, part: str) -> bool:
        """Whether a row has what the row ``part`` adds."""
        order = list(ALL_ROWS)
        return order.index(part) <= order.index(row)
