"""The adaptive triplet network on the same backbone: a frozen classifier, hash layers on it."""

import dataclasses
import functools
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

import tfretrieval as tfr
from recipes.common import heads, training
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.training import History
from recipes.gdf.gdf_result import GdfResult, measured
from recipes.gdf.settings import ADAPTIVE, CROSS_ENTROPY, FIXED, GdfSettings
from recipes.gdf.start import Start

FROZEN = "frozen"


@dataclasses.dataclass(frozen=True, eq=False)
class Frozen:
    """Stage 1 of the adaptive triplet network.

    Attributes:
        features, logits: of all pictures.
        history: of the training.
        seconds: of the pass of all pictures.
    """

    features: np.ndarray
    logits: np.ndarray
    history: History
    seconds: float


def train_frozen(opened: Opened[GdfSettings, Divided], start: Start) -> Frozen:
    """The classifier whose features the hash layers read."""
    data = opened.data

    def build() -> tf.keras.Model:
        return tfr.models.classifier(start.below(opened.config), data.num_classes)

    classifier, history = training.train_classifier(
        opened, data.records, data.fit, FROZEN, build, maps=start.maps
    )
    cached = training.cached_features(opened, FROZEN, classifier, maps=start.maps)
    return Frozen(cached["features"], cached["logits"], history, float(cached["seconds"]))


def run_rivals(opened: Opened[GdfSettings, Divided], frozen: Frozen) -> Iterator[GdfResult]:
    """Hash layers on the frozen features: same optimizer, batches, epochs and start for all."""
    config = opened.config
    task = heads.head_task(frozen.features, config, opened.data)
    fixed, adaptive = tfr.losses.TripletLoss(config.margin), tfr.losses.AdaptiveTripletLoss("given")
    trained = {
        CROSS_ENTROPY: functools.partial(heads.train_cross_entropy, task, config, config.remine),
        FIXED: functools.partial(heads.train_triplet, task, config, fixed, "mined"),
        ADAPTIVE: functools.partial(heads.train_triplet, task, config, adaptive, "mined"),
    }
    for name, train_head in trained.items():
        if not (opened.folder / f"{FROZEN}/{name}.npz").exists():
            print(f"{FROZEN}, {config.bits} bits: {name}", flush=True)
        head = opened.folder.step(f"{FROZEN}/{name}", train_head)
        history, seconds = heads.history(head), float(head["seconds"])
        rate = config.hash_learning_rate
        yield measured(opened, name, head["codes"], frozen.logits, history, seconds, rate)
