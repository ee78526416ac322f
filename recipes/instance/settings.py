"""The settings of instance retrieval; losses, poolings and negatives by name."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from data_pipelines.instance_catalogue import BENCHMARKS
from recipes.common.cli import option, require
from recipes.common.networks import BACKBONES
from recipes.common.settings import RunSettings, at_least_one, flag

CONTRASTIVE, TRIPLET, LRML = "contrastive", "triplet", "lrml"
# Behind a loss: not the mined negatives, but one of every other thing of the pool.
ALL = "-all"
# Name of a loss -> how it is shown.
LOSSES = {
    CONTRASTIVE: "contrastive",
    TRIPLET: "triplet",
    LRML: "LRML",
    CONTRASTIVE + ALL: "contrastive, all negatives",
    LRML + ALL: "LRML, all negatives",
}
# The network that no loss has trained yet, a row beside those of the losses.
BEFORE = "before"
ROWS = {BEFORE: "before training", **LOSSES}
HARD, EASY = "hard", "easy"
FULL, FROZEN_NETWORK = "full", "frozen"
GEM, MAC, SPOC, RMAC = "gem", "mac", "spoc", "rmac"


@dataclasses.dataclass(frozen=True)
class InstanceSettings(RunSettings):
    """Data, network, losses and their margins, mining, and search."""

    dataset: str = option("retrieval-SfM-120k", "pairs to learn from (Radenovic et al. 2019)")
    benchmarks: tuple[str, ...] = option(
        (),
        "what is searched (default: roxford5k rparis6k, and with drawn things their own; the "
        "paper: oxford5k paris6k)",
        BENCHMARKS,
    )
    backbone: str = option("resnet50", "the network (our choice)", BACKBONES)
    training: str = option(
        FULL,
        "full: all of the network; frozen: a linear layer behind the pooled features of the "
        "network as it is",
        (FULL, FROZEN_NETWORK),
    )
    pooling: str = option(GEM, "of the last map (Radenovic et al. 2019)", (GEM, MAC, SPOC, RMAC))
    losses: tuple[str, ...] = option(
        (CONTRASTIVE, TRIPLET, LRML),
        "rows; with -all every thing of the pool gives a negative (paper's efficiency claim)",
        tuple(LOSSES),
    )
    negatives: int = option(5, "of a tuple (paper)")
    negatives_from: str = option(
        HARD, "most similar things of the pool (our reading), or easy: the least similar",
        (HARD, EASY),
    )  # fmt: skip
    margin: float | None = option(
        None,
        "of contrastive and LRML (default: by --margin-quantile; Radenovic et al. 2019, for "
        "ResNets: 0.85)",
    )
    delta: float | None = option(
        None, "of LRML: how much a margin grows with the rank (default: by --margin-quantile)"
    )
    ranking: float = option(
        0.0, "of LRML: weight of the term that keeps the order in which they were mined (ours)"
    )
    triplet_margin: float | None = option(
        None,
        "of the triplet loss (default: by --margin-quantile, at least Radenovic et al. 2019's 0.1)",
    )
    margin_quantile: float = option(
        0.5,
        "margins that are not given leave this share of the hinges of the first epoch's tuples "
        "active (ours)",
    )
    queries: int = option(2000, "tuples an epoch (Radenovic et al. 2019)")
    pool: int = option(20000, "pictures that negatives are mined from (Radenovic et al. 2019)")
    image_size: int = option(362, "pixels of a side in training (Radenovic et al. 2019)")
    long_side: int = option(1024, "at most, of pictures that are searched (Radenovic et al. 2019)")
    epochs: int = option(100, "of training on tuples (Radenovic et al. 2019)")
    batch_size: int = option(5, "tuples a step (Radenovic et al. 2019)")
    learning_rate: float = option(1e-6, "of AdamW, times exp(-0.01) an epoch (the same)")
    weight_decay: float = option(1e-6, "AdamW, not of GeM's p (the same, coupled there)")
    pretraining: int = option(
        30, "epochs in which a network with --weights none first classifies the things (ours)"
    )
    neighbours: int = option(10, "of query expansion (our choice)")
    alpha: float = option(3.0, "power of their similarity (Radenovic et al. 2019)")

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least_one(self, "negatives", "queries", "pool", "long_side", "pretraining", "neighbours")
        for name in ("margin", "delta", "ranking", "triplet_margin", "alpha"):
            require((getattr(self, name) or 0) >= 0, f"{flag(name)} must not be negative")
        require(
            0 < self.margin_quantile < 1,
            f"--margin-quantile must be between 0 and 1, got {self.margin_quantile}",
        )
        largest = (self.margin or 0) + (self.negatives - 1) * (self.delta or 0)
        require(
            largest < math.sqrt(2),
            f"the largest margin, --margin + (--negatives - 1) --delta = {largest:.2f}, must be "
            "below 1.41, the distance of unrelated pictures",
        )
        require(
            self.training == FULL or self.weights != "none",
            "--training frozen needs a network that knows something: give --weights",
        )
        require(len(set(self.losses)) == len(self.losses), "--losses names a loss twice")

    @staticmethod
    def demo_settings() -> dict[str, Any]:
        """The same experiment on drawn things, with fewer pixels, channels, tuples and epochs."""
        return {
            "dataset": "drawn_instances/demo",
            "backbone": "resnet18",
            "width": 16,
            "weights": "none",
            "image_size": 96,
            "long_side": 96,
            "queries": 200,
            "pool": 600,
            "epochs": 10,
            "pretraining": 10,
            # At 3e-5 and more every loss unlearns what the classifier knows (held-out pictures).
            "learning_rate": 1e-5,
        }
