"""The settings of the triplet recipes: what is held out, who looks, rows and margins."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from typing import Any, ClassVar

from recipes.common.cli import option, require
from recipes.common.networks import BACKBONES, KNOWN
from recipes.common.settings import MiningSettings, flag
from recipes.triplet.protocol import HELD_OUT, PAPER, PROTOCOLS
from recipes.triplet.published import Published
from tfretrieval.backbones.networks import BLOCK, is_application

# What a demonstration on the drawn birds shrinks, and what keeps it from fetching anything.
DEMO = {
    "dataset": "drawn_birds/demo",
    "image_size": 128,
    "width": 16,
    "weights": "none",
    "epochs": 14,
    "saliency_network": "stage1",
}
# What a hash layer on a classifier reads, as tfretrieval.models.classifier_hash_encoder calls it.
FEATURES, PROBABILITIES = "features", "probabilities"
# In place of a threshold.
WHOLE_PICTURES = "none"
# Behind a network's name.
VIEWS = ("", "+crop", "+box", "+whole+crop")

# How stage 1 comes about.
AUTO, FULL, FROZEN, FINE_TUNED, GIVEN = "auto", "full", "frozen", "fine_tuned", "given"
TRAININGS = (AUTO, FULL, FROZEN, FINE_TUNED, GIVEN)


@dataclasses.dataclass(frozen=True)
class TripletSettings(MiningSettings):
    """The same for the triplet recipes: what is held out, where saliency is read."""

    training: str = option(
        AUTO,
        "stage 1: full (random start: --epochs, --learning-rate), frozen (the network as it is, a "
        "linear classifier on it), fine_tuned (on from there, normalisation as it is), given (a "
        "classifier from --weights); auto is full for --weights none, else fine_tuned (ours)",
        choices=TRAININGS,
    )
    fine_tune_epochs: int = option(15, "epochs of a fine-tuned stage 1 (ours)")
    fine_tune_rate: float = option(
        2e-4, "of a fine-tuned stage 1: AdamW, an epoch of warm-up, cosine decay (ours)"
    )
    dropout: float = option(0.3, "before the logits of a fine-tuned stage 1 (ours)")
    linear_c: float = option(
        0.03, "C of the linear classifier: more fits closer (ours, by held-out pictures)"
    )
    hash_input: tuple[str, ...] = option(
        (FEATURES,),
        "what a hash layer reads: pooled features, or the root of the class probabilities; of "
        "both, the last is exported (the paper names neither)",
        choices=(FEATURES, PROBABILITIES),
    )
    temperature: float = option(
        0.5, "of the probabilities that a hash layer reads (ours, by held-out pictures)"
    )
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
        if self.training == AUTO:
            object.__setattr__(self, "training", FULL if self.weights == "none" else FINE_TUNED)
        require(self.fine_tune_epochs > 1, "--fine-tune-epochs must be at least 2: one warms up")
        for name in ("fine_tune_rate", "linear_c", "temperature"):
            value = getattr(self, name)
            require(value > 0, f"{flag(name)} must be positive, got {value}")
        require(0 <= self.dropout < 1, f"--dropout must be in [0, 1), got {self.dropout}")
        require(len(set(self.hash_input)) == len(self.hash_input), "--hash-input names one twice")
        require(
            self.training != GIVEN or self.weights not in ("none", "imagenet"),
            f"--training {GIVEN} needs a file of a trained classifier: --weights FILE, in which "
            "{network}, {view} and {seed} are filled in",
        )
        require(0 < self.held_out <= 0.5, f"--held-out must be in (0, 0.5], got {self.held_out}")

    @property
    def told(self) -> str:
        """How stage 1 comes about and what hash layers read, for reports."""
        how = {
            FULL: f"all layers trained {self.epochs} epochs at {self.learning_rate:g}",
            FROZEN: f"the network as it is, a linear classifier on it (C {self.linear_c:g})",
            FINE_TUNED: (
                f"fine-tuned {self.fine_tune_epochs} epochs at {self.fine_tune_rate:g} from a "
                f"linear classifier (C {self.linear_c:g}), dropout {self.dropout:g}, normalisation "
                "as it was"
            ),
            GIVEN: "a classifier trained elsewhere, as --weights gives it",
        }[self.training]
        read = " and ".join(
            {
                FEATURES: "pooled features",
                PROBABILITIES: f"root probabilities (temperature {self.temperature:g})",
            }[reads]
            for reads in self.hash_input
        )
        return f"Stage 1: {how}. Hash layers read {read}."


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
        "networks (paper), and what they see: whole pictures, +crop the salient region, +box the "
        "true box, +whole+crop the product of two classifiers; the last is exported. Known: "
        f"{KNOWN}; keras_file is the network of a .keras file that --weights names",
    )
    table_networks: tuple[str, ...] = option(
        ("resnet18", "resnet18_i"),
        "networks of table 1 (paper); the last is that of tables 2 and 3",
        choices=BACKBONES,
    )
    alpha: float | str = option(
        0.4,
        "share of 255 above which the map is kept, or mean (paper); none for a table 3 of whole "
        "pictures",
    )
    margins: tuple[float, ...] = option(
        (0.25, 0.5, 1.0, 2.0, 4.0, 8.0), "fixed margins tried (ours)"
    )
    readings: bool = option(
        True, "train the other readings of the adaptive loss too, and a margin of squared distances"
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
        for name in self.networks:
            network, plus, view = name.partition("+")
            require(
                (network in BACKBONES or is_application(network)) and plus + view in VIEWS,
                f"--networks {name}: must be {KNOWN}, followed by nothing, {', '.join(VIEWS[1:])}; "
                "a file of your own is keras_file with --weights FILE.keras",
            )
        self.require_no_frozen_block(self.networks, "leave them out")
        require(
            self.training != GIVEN or self.protocol == PAPER,
            f"--training {GIVEN}: the classifier has seen the pictures that --protocol "
            f"{self.protocol} would hold out to choose on: take --protocol {PAPER}",
        )
        if self.alpha == WHOLE_PICTURES:
            crops = [name for name in self.networks if "crop" in name.split("+")]
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
        require(
            not self.networks[-1].endswith("+box"),
            f"the last of --networks is exported, and nobody gives an encoder true boxes: move "
            f"{self.networks[-1]} forward",
        )

    def require_no_frozen_block(self, networks: Sequence[str], remedy: str) -> None:
        """A block starts as the identity: of a frozen network it would be no block."""
        blocks = [name for name in networks if name.partition("+")[0].endswith(BLOCK)]
        require(
            self.training != FROZEN or not blocks,
            f"--training {FROZEN} leaves the block of {' '.join(blocks)} as it starts, which is "
            f"the identity: {remedy}, or fine-tune",
        )

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
