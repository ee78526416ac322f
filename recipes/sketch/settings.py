"""The settings of sketch retrieval; losses and gates by name."""

from __future__ import annotations

import dataclasses
from typing import Any

from recipes.common.cli import option, require
from recipes.common.networks import BACKBONES
from recipes.common.settings import Settings, at_least_one, flag
from tfretrieval.backbones.networks import title

SOFTMAX, COSFACE, MEMS = "softmax", "cosface", "mems"
# The control of every loss on distances: what shorter features give.
LENGTH = "length"
# A margin of its own stands behind the name.
LOSSES = (SOFTMAX, LENGTH, COSFACE, MEMS, f"{MEMS}-1", f"{MEMS}-2", f"{MEMS}-3")
LOSS_TITLES = {
    SOFTMAX: "softmax",
    LENGTH: "softmax + length",
    COSFACE: "CosFace",
    MEMS: "MEMS",
}
FULL, FROZEN = "full", "frozen"
UNGATED, SE, DASE = "none", "se", "dase"
# Name of the gates -> how they are shown.
GATES = {UNGATED: "none", SE: "SE", DASE: "DASE"}
# Network -> what it is called behind the name of gates in it.
GATED = {
    "resnet18": "resnet18",
    "resnet50_v1_5": "resnet50",
    "efficientnet_lite0": "efficientnet_lite0",
}


@dataclasses.dataclass(frozen=True)
class SketchSettings(Settings):
    """Network, gates, losses and their margins, steps, and lengths of the codes."""

    dataset: str = option("sketchy_extended", "name in the catalogue (paper)")
    image_size: int = option(224, "pixels of a side (paper)")
    trained_network: str = option(
        "resnet50_v1_5",
        "of --training full, which --gates are put into (ours; the paper's is SE-ResNeXt-101)",
        tuple(GATED),
    )
    training: str = option(
        FULL,
        "full: all layers; frozen: --frozen-network as it is, gates and layers behind it on what "
        "it says of every picture",
        choices=(FULL, FROZEN),
    )
    frozen_network: str = option(
        "efficientnet_lite0", "of --training frozen, without gates (ours)", BACKBONES
    )
    embedding: int = option(512, "features (paper)")
    embedding_start: float = option(
        0.1,
        "what the kernel of the features is multiplied by at first: features that begin long "
        "beside centers of length one are only shrunk by MEMS (ours)",
    )
    gates: tuple[str, ...] = option(
        tuple(GATES), "none, SE, or domain-aware (paper), each a row of every loss", tuple(GATES)
    )
    losses: tuple[str, ...] = option(
        (SOFTMAX, COSFACE, MEMS),
        "cross-entropy, CosFace, or MEMS (paper); mems-2 has the margin 2; length is "
        "cross-entropy and a penalty on the length of the features (control)",
        choices=LOSSES,
    )
    length_lambda: float = option(0.01, "weight of the squared length (control)")
    margin: float = option(4.0, "of MEMS (paper)")
    annealing: float = option(0.5, "share of the steps in which it grows from 1 (paper)")
    cosine_margin: float = option(0.35, "of CosFace (paper)")
    cosine_scale: float = option(32.0, "of CosFace (paper)")
    per_domain: int = option(22, "sketches a step, and as many photos (paper)")
    epochs: int = option(64, "passes over the sketches (paper: 200,000 steps on Sketchy)")
    learning_rate: float = option(1e-4, "AdamW; half of the steps, then linear to 0 (paper)")
    weight_decay: float = option(1e-4, "of the network, not of the centers (paper)")
    bit_lengths: tuple[int, ...] = option((32, 64, 128), "lengths of the codes (paper)")
    code_steps: int = option(10_000, "steps in which a map to codes is fitted (paper)")

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.margin >= 1, f"--margin must be at least 1, got {self.margin}")
        require(0 < self.annealing <= 1, f"--annealing must be in (0, 1], got {self.annealing}")
        for name in ("embedding_start", "length_lambda"):
            value = getattr(self, name)
            require(value > 0, f"{flag(name)} must be positive, got {value}")
        require(self.cosine_margin >= 0, "--cosine-margin must not be negative")
        require(self.cosine_scale > 0, "--cosine-scale must be positive")
        at_least_one(self, "embedding", "per_domain", "code_steps")
        require(min(self.bit_lengths) >= 1, "--bit-lengths must be at least 1")
        for name in ("gates", "losses", "bit_lengths"):
            values = getattr(self, name)
            require(len(set(values)) == len(values), f"{flag(name)} names {values} twice")
        titles = list(map(self.title, self.losses))
        for shown in titles:
            require(
                titles.count(shown) == 1,
                f"--losses names {shown} twice: mems has the margin {self.margin:g} of --margin",
            )

    def margin_of(self, loss: str) -> float | None:
        """The margin of MEMS under this name; None for the other losses."""
        name, _, margin = loss.partition("-")
        return float(margin or self.margin) if name == MEMS else None

    def title(self, loss: str) -> str:
        """A loss as it is shown."""
        margin = self.margin_of(loss)
        shown = LOSS_TITLES[loss.partition("-")[0]]
        return shown if margin is None else f"{shown}, margin {margin:g}"

    def network(self, gates: str) -> str:
        """The name of the network with these gates; a frozen one has them behind it."""
        if self.training == FROZEN:
            return self.frozen_network
        return (
            self.trained_network if gates == UNGATED else f"{gates}_{GATED[self.trained_network]}"
        )

    @property
    def told(self) -> str:
        """What is trained, for reports."""
        if self.training == FULL:
            return f"Network: {title(self.trained_network)}, all layers trained."
        return f"Network: {self.frozen_network} as it is; gates and features behind it are trained."

    @staticmethod
    def demo_settings() -> dict[str, Any]:
        """The same experiment with fewer pixels, channels, classes, rows and epochs."""
        return {
            "dataset": "openmoji/demo",
            "image_size": 96,
            "trained_network": "resnet18",
            "width": 16,
            "embedding": 64,
            "losses": (SOFTMAX, MEMS),
            "weights": "none",
            # A margin of 2 is the authors' for their small network; in so few steps 4 makes all
            # features one point.
            "margin": 2.0,
            "epochs": 20,
            "learning_rate": 3e-3,
            "code_steps": 2000,
        }


def row_name(loss: str, gates: str) -> str:
    """What the files of a loss on a kind of gates are called."""
    return f"{loss}+{gates}"
