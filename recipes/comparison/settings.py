"""The settings of the comparison: which methods, at which lengths, on what."""

from __future__ import annotations

import dataclasses
from typing import Any

from recipes.common.cli import option, require
from recipes.common.networks import BACKBONES, KNOWN
from recipes.common.settings import VIEWS, WHOLE_PICTURES, at_least_one
from recipes.comparison.methods import METHODS
from recipes.triplet.settings import (
    DEMO,
    FEATURES,
    FROZEN,
    PROBABILITIES,
    SaliencySettings,
)
from tfretrieval.backbones.networks import BLOCK, is_application

ALL = "all"


@dataclasses.dataclass(frozen=True)
class ComparisonSettings(SaliencySettings):
    """The settings of the comparison; the command line is made from them."""

    image_size: int = option(224, "pixels of a side (ours)")
    training: str = option(
        FROZEN,
        "stage 1: full (random start), frozen (the network as it is, a linear classifier on it), "
        "fine_tuned, given (a classifier from --weights); docs/papers/adaptive_triplet.md (ours)",
        choices=("full", FROZEN, "fine_tuned", "given"),
    )
    saliency_network: str = option(
        "efficientnet_lite0", "who looks for --view crop: as in cub_triplet (ours: itself)"
    )
    network: str = option(
        "efficientnet_lite0",
        f"the network of all methods: {KNOWN}; keras_file is that of --weights FILE.keras",
    )
    view: str = option(
        WHOLE_PICTURES,
        "what it sees: whole pictures, crop (what the saliency network shows, alpha 0.4), or the "
        "true box",
        choices=VIEWS,
    )
    methods: tuple[str, ...] = option(
        (ALL,), f"the rows, or all: {', '.join(METHODS)}", choices=(ALL, *METHODS)
    )
    bits: int = option(64, "the length that choices are made at and all figures are shown for")
    bit_lengths: tuple[int, ...] = option((16, 32, 48, 64), "lengths of the codes (paper)")
    hash_input: tuple[str, ...] = option(
        (FEATURES, PROBABILITIES),
        "what all heads read: pooled features, the root of the class probabilities, or both",
        choices=(FEATURES, PROBABILITIES),
    )
    hash_epochs: int = option(30, "epochs of every head (ours; the paper has 90)")
    classes_per_batch: int = option(32, "classes in a batch (ours)")
    images_per_class: int = option(4, "pictures of each (ours)")
    end_to_end: bool = option(
        False,
        "train whole networks: network and head together, --fine-tune-epochs at --fine-tune-rate, "
        "from stage 1 and a head trained behind it (ours)",
    )
    choose: bool = option(
        True, "choose each method's number and rate on held-out training pictures, once a data set"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            self.network in BACKBONES or is_application(self.network),
            f"--network {self.network}: must be {KNOWN}",
        )
        at_least_one(self, "classes_per_batch")
        require(
            self.images_per_class > 1,
            f"--images-per-class must be at least 2, got {self.images_per_class}: pairs of a class",
        )
        require(
            self.bits in self.bit_lengths,
            f"--bits {self.bits} must be one of --bit-lengths "
            f"{' '.join(map(str, self.bit_lengths))}",
        )
        require(
            len(set(self.bit_lengths)) == len(self.bit_lengths), "--bit-lengths names one twice"
        )
        require(min(self.bit_lengths) > 1, "--bit-lengths must be at least 2")
        require(
            not self.end_to_end or self.hash_input == (FEATURES,),
            "--end-to-end trains networks by the features that they pool: take --hash-input "
            f"{FEATURES}",
        )
        require(
            self.training != FROZEN or not self.network.endswith(BLOCK),
            f"--training {FROZEN} leaves the block of {self.network} as it starts, which is the "
            "identity: take the network without it, or fine-tune",
        )

    @property
    def batch(self) -> int:
        """Pictures of a step of every head."""
        return self.classes_per_batch * self.images_per_class

    @staticmethod
    def demo_settings() -> dict[str, Any]:
        """The same table on the drawn birds, by a small network trained on them."""
        return {
            **DEMO,
            "network": "resnet18",
            "training": "full",
            "bit_lengths": (16, 64),
            "classes_per_batch": 10,
            "hash_input": (FEATURES,),
        }
