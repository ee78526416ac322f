"""The settings that the experiments with center losses share, and the losses by name."""

from __future__ import annotations

import dataclasses
from typing import Any

from recipes.common.cli import option, require
from recipes.common.networks import BACKBONES
from recipes.common.settings import BOX, CROP, VIEWS, WHOLE_PICTURES, CodeSettings

SOFTMAX, CENTER = "softmax", "center"
RATIO, HINGE, DIFFERENCE = "ratio", "hinge", "difference"
# Controls: what a shorter embedding, or smaller weights, give without any center.
LENGTH, DECAY = "length", "decay"
FULL, FROZEN = "full", "frozen"
# Name of a loss -> how it is shown.
LOSSES = {
    SOFTMAX: "softmax",
    DECAY: "softmax, more weight decay",
    LENGTH: "softmax + length",
    CENTER: "softmax + center",
    RATIO: "softmax + improved (ratio)",
    HINGE: "softmax + improved (hinge)",
    DIFFERENCE: "softmax + improved (difference)",
}
# Cross-entropy alone has no second loss that could weigh anything.
WEIGHED = (DECAY, LENGTH, CENTER, RATIO, HINGE, DIFFERENCE)


@dataclasses.dataclass(frozen=True)
class CenterSettings(CodeSettings):
    """Data, network, losses and their weights, how centers move, and the plane of two features."""

    dataset: str = option("caltech256", "name in the catalogue (paper)")
    image_size: int = option(224, "pixels of a side (our choice)")
    width: int = option(64, "channels of the first stage of a ResNet18 (our choice)")
    epochs: int = option(50, "epochs of the network (our choice)")
    bits: int = option(64, "features, whose signs are the code (our choice)")
    backbone: str = option("resnet18", "the network (ours; the paper's is older)", BACKBONES)
    training: str = option(
        FULL,
        "full: all layers; frozen: the network as it is, the layers behind it on what it says of "
        "every picture",
        choices=(FULL, FROZEN),
    )
    view: str = option(
        WHOLE_PICTURES,
        "what a frozen network sees: whole pictures, the true box, or the crop that its own map "
        "shows at alpha 0.4",
        choices=VIEWS,
    )
    losses: tuple[str, ...] = option(
        (SOFTMAX, CENTER, RATIO, HINGE),
        "cross-entropy alone, with the center loss (paper), with a reading of the improved one: "
        "ratio, hinge, difference; length and decay are controls; the last is exported",
        choices=tuple(LOSSES),
    )
    center_lambda: float = option(0.1, "weight of the center loss (ours, by held-out pictures)")
    ratio_lambda: float = option(
        5.0, "weight of the improved loss, ratio (ours, by held-out pictures)"
    )
    hinge_lambda: float = option(
        0.1, "weight of the improved loss, hinge (ours, by held-out pictures)"
    )
    difference_lambda: float = option(0.02, "weight of the improved loss, difference (our choice)")
    length_lambda: float = option(0.02, "weight of the squared length of the features (control)")
    decay_lambda: float = option(0.5, "weight decay of the row decay (control)")
    hinge_margin: float = option(
        30.0,
        "squared distance at which another center stops pushing, in hinge: 1.2 to 1.7 times that "
        "to the nearest other center, d_other of the report (ours, by held-out pictures)",
    )
    push: float = option(
        1.0, "share of the push in hinge and difference: beta (ours, by held-out pictures)"
    )
    update: str = option(
        "running",
        "how centers move: by the original rule after every step, or by gradient",
        choices=("running", "gradient"),
    )
    rate: float = option(0.5, "of the original rule (Wen et al. 2016)")
    plane_classes: int = option(10, "classes in the picture of two features (Wen et al. 2016)")
    plane_epochs: int = option(50, "epochs of the training for it (our choice)")

    def __post_init__(self) -> None:
        super().__post_init__()
        for loss in WEIGHED:
            value = self.weight(loss)
            require(value > 0, f"--{loss}-lambda must be positive, got {value}")
        require(
            self.view == WHOLE_PICTURES or self.training == FROZEN,
            f"--view {self.view} is what a frozen network sees: add --training {FROZEN}",
        )
        require(self.hinge_margin > 0, f"--hinge-margin must be positive, got {self.hinge_margin}")
        require(self.push >= 0, f"--push must not be negative, got {self.push}")
        require(0 < self.rate <= 1, f"--rate must be in (0, 1], got {self.rate}")
        require(self.plane_classes >= 2, "--plane-classes must be 2 or more")
        require(self.plane_epochs >= 1, "--plane-epochs must be 1 or more")
        require(len(set(self.losses)) == len(self.losses), "--losses names a loss twice")

    def weight(self, loss: str) -> float:
        """What a loss weighs beside cross-entropy; 0 for cross-entropy alone."""
        return float(getattr(self, f"{loss}_lambda", 0.0))

    @property
    def told(self) -> str:
        """What is trained, for reports."""
        if self.training == FULL:
            return "all layers trained"
        seen = {WHOLE_PICTURES: "whole pictures", BOX: "true boxes", CROP: "what its map shows"}
        return f"as it is, on {seen[self.view]}, the layers behind it trained"

    @staticmethod
    def demo_settings() -> dict[str, Any]:
        """The same experiment with fewer pixels, channels, classes and epochs."""
        return {
            "dataset": "drawn_birds/demo",
            "image_size": 96,
            "width": 16,
            "weights": "none",
            "epochs": 14,
            "plane_epochs": 40,
            # From random numbers all centers lie near each other, and the weights for photographs
            # pull everything together: these were chosen by held-out pictures.
            "center_lambda": 0.03,
            "ratio_lambda": 0.003,
            "hinge_lambda": 0.003,
        }
