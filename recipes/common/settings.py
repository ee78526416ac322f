"""The settings that recipes share: data, stage 1, the hash layer, mined triplets."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Collection
from typing import Any

from data_pipelines import beam_run
from recipes.common.cli import option, require

# What a frozen network sees: of a crop, what its own map shows.
WHOLE_PICTURES, CROP, BOX = "whole", "crop", "box"
VIEWS = (WHOLE_PICTURES, CROP, BOX)


@dataclasses.dataclass(frozen=True)
class RunSettings:
    """What every recipe lets its user set; a recipe adds its own and other defaults."""

    recipe: str = dataclasses.field(default="", init=False)
    dataset: str = option("caltech_birds2011", "name in the catalogue (paper)")
    data_dir: str | None = option(None, "where the data lie (default: TFDS's folder)")
    download: bool = option(False, "fetch data and weights that are not there")
    image_size: int = option(299, "pixels of a side (paper)")
    width: int = option(64, "channels of the first stage (paper: 64)")
    weights: str = option(
        "imagenet",
        "what stage 1 starts from: imagenet (ours, the paper is silent), none for random numbers, "
        "or a .safetensors or .weights.h5 file",
    )
    epochs: int = option(50, "epochs of stage 1 (paper)")
    batch_size: int = option(64, "pictures or triplets a step (our choice)")
    learning_rate: float = option(1e-3, "of stage 1: AdamW, cosine decay (our choice)")
    weight_decay: float = option(0.05, "of stage 1 (our choice)")
    mixed_precision: bool = option(False, "float16 arithmetic in stage 1 and saliency (our choice)")
    deterministic: bool = option(
        False, "the same bits from every run on a GPU, slower; a CPU gives them anyway (our choice)"
    )
    seed: int = option(0, "of initial weights, order, augmentation, mining and held-out part")
    beam: str | None = option(
        None, "spread audit and saliency table by Beam: a runner and its options, in quotes"
    )

    @staticmethod
    def demo_settings() -> dict[str, Any]:
        """What ``--demo`` changes."""
        return {}

    @staticmethod
    def usual_settings(given: Collection[str]) -> dict[str, Any]:
        """What a run without ``--demo`` changes on this machine, beside the ``given`` settings."""
        return {}

    def __post_init__(self) -> None:
        if self.data_dir is not None:
            # The run belongs to the data, wherever it is started from.
            object.__setattr__(self, "data_dir", os.path.abspath(self.data_dir))
        if os.path.isfile(self.weights):
            object.__setattr__(self, "weights", os.path.abspath(self.weights))
        _check_finite(self)
        at_least_one(self, "image_size", "width", "epochs", "batch_size")
        require(
            self.learning_rate > 0, f"--learning-rate must be positive, got {self.learning_rate}"
        )
        require(
            self.weight_decay >= 0,
            f"--weight-decay must not be negative, got {self.weight_decay}",
        )
        check_seed(self, "seed")
        if self.beam is not None:
            beam_run.arguments(self.beam)


@dataclasses.dataclass(frozen=True)
class Settings(RunSettings):
    """The same for a data set of classes."""

    skip_unreadable: bool = option(False, "leave pictures out that cannot be read, and list them")
    singletons: str = option("keep", "classes of one picture", choices=("keep", "refuse"))
    split: str = option(
        "given",
        "who trains: as the data set says, or zero_shot: half of the classes, and the other half "
        "is searched",
        choices=("given", "zero_shot"),
    )
    split_seed: int = option(
        0, "of queries, zero-shot classes and subsets, where they have to be drawn"
    )
    classes: int | None = option(None, "keep only so many classes (default: all)")
    per_class: int | None = option(
        None, "keep only so many pictures of a class in each part (default: all)"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least_one(self, "classes", "per_class")
        check_seed(self, "split_seed")


@dataclasses.dataclass(frozen=True)
class CodeSettings(Settings):
    """The same where a classifier is trained whose pictures get codes."""

    crop_area: float = option(
        0.4, "least share of a picture that a random crop of stage 1 covers (our choice)"
    )
    flip: bool = option(True, "mirror half of the pictures of stage 1 (our choice)")
    colour: float = option(
        0.2, "of stage 1: change brightness, contrast and saturation by this share (our choice)"
    )
    bits: int = option(64, "length of the code (paper: 16, 32, 48, 64)")
    hash_activation: str = option("tanh", "of the hash layer (ours)", choices=("tanh", "sigmoid"))

    def __post_init__(self) -> None:
        super().__post_init__()
        require(0 < self.crop_area <= 1, f"--crop-area must be in (0, 1], got {self.crop_area}")
        require(0 <= self.colour <= 1, f"--colour must be in [0, 1], got {self.colour}")
        at_least_one(self, "bits")


@dataclasses.dataclass(frozen=True)
class HashSettings(CodeSettings):
    """The same where a hash layer is trained on the features of a frozen classifier."""

    standardize: bool = option(True, "centre and scale features before the hash layer (ours)")
    hash_epochs: int = option(90, "epochs of stage 2 (paper)")
    hash_learning_rate: float = option(1e-3, "of stage 2: Adam (our choice)")

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least_one(self, "hash_epochs")
        rate = self.hash_learning_rate
        require(rate > 0, f"--hash-learning-rate must be positive, got {rate}")


@dataclasses.dataclass(frozen=True)
class MiningSettings(HashSettings):
    """The same where hash layers are trained on mined triplets."""

    remine: int = option(3, "epochs between two minings (paper)")
    beta: float = option(0.5, "hardness factor of the mining (our choice)")
    gap_target: float = option(
        5.0, "the gap the paper wants, for the figure and the share above it"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least_one(self, "remine")
        require(0 < self.beta <= 1, f"--beta must be in (0, 1], got {self.beta}")
        require(self.gap_target >= 0, f"--gap-target must not be negative, got {self.gap_target}")


def _check_finite(config: RunSettings) -> None:
    """No number of any setting may be infinite or NaN, which no comparison would tell."""
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        for number in value if isinstance(value, tuple) else (value,):
            if isinstance(number, float):
                require(math.isfinite(number), f"{flag(field.name)} must be finite, got {number}")


def at_least_one(config: RunSettings, *names: str) -> None:
    """Settings that count something: 1 or more, or None where that is allowed."""
    for name in names:
        value = getattr(config, name)
        require(value is None or value >= 1, f"{flag(name)} must be at least 1, got {value}")


def check_seed(config: RunSettings, name: str) -> None:
    """A seed of NumPy's and TensorFlow's generators."""
    value = getattr(config, name)
    require(0 <= value < 2**31, f"{flag(name)} must be in 0..{2**31 - 1}, got {value}")


def flag(name: str) -> str:
    """The command-line flag of a setting."""
    return "--" + name.replace("_", "-")
