"""The network of a row, trained from end to end."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

import tfretrieval as tfr
from recipes.common import frozen, measure, training
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.training import History, Objective, cross_entropy, train_classifier
from recipes.gdf.settings import ATTENTION, AUGMENTATION, BALANCE, CAUCHY, GRAPH, GdfSettings
from recipes.gdf.start import Start
from tfretrieval.callbacks import EmbeddingStatistics
from tfretrieval.metrics import LossTerm


def network(below: tf.keras.Model, row: str, config: GdfSettings, classes: int) -> tf.keras.Model:
    """The network of a row on a backbone, or on the maps of a frozen one."""
    return tfr.models.gdf_net(
        below,
        classes,
        config.bits,
        config.parts,
        config.neighbours,
        attention=config.has(row, ATTENTION),
        graph=config.has(row, GRAPH),
        standardize=config.standardize,
        hash_activation=config.hash_activation,
    )


@dataclasses.dataclass(frozen=True, eq=False)
class Trained:
    """The network of a row.

    Attributes:
        rate: its learning rate.
        codes, logits: of all pictures; codes relaxed.
        held_out: mAP of the held-out pictures, NaN where there are none.
        history: of the training, an array a figure.
    """

    model: tf.keras.Model
    rate: float
    codes: np.ndarray
    logits: np.ndarray
    held_out: float
    history: History


def train_best(opened: Opened[GdfSettings, Divided], row: str, start: Start) -> Trained:
    """The network of a row at the rate that held-out pictures choose, where there are several."""
    config = opened.config
    rates = config.rates or (config.learning_rate,)
    tried = []
    for rate in rates:
        name = f"{row}@{rate:g}" if len(rates) > 1 else row
        at_rate = opened.with_config(learning_rate=rate)
        model, history = train(at_rate, row, start, name)
        cached = training.cached_features(opened, name, model, layer="codes", maps=start.maps)
        codes = cached["features"]
        held_out = measure.held_out_map(codes, opened.data)
        tried.append(Trained(model, rate, codes, cached["logits"], held_out, history))
    return max(tried, key=lambda each: each.held_out)


def train(
    opened: Opened[GdfSettings, Divided], row: str, start: Start, name: str = ""
) -> tuple[tf.keras.Model, History]:
    """The network of a row. Terms that it does without have weight zero, so that all rows are
    trained by the same sum.

    Args:
        name: of its files; the row's by default.
    """
    config, data = opened.config, opened.data

    def build() -> tf.keras.Model:
        model = network(start.below(config), row, config, data.num_classes)
        if config.has(row, AUGMENTATION):
            return tfr.models.attention_augmented(model, config.seed)
        return model

    terms = [
        tfr.losses.CauchyQuantizationLoss(config.gamma),
        tfr.losses.BitBalanceLoss(config.balance_per, gather=True),
    ]
    together = tfr.losses.Sum(
        terms,
        weights=[
            config.quantization if config.has(row, CAUCHY) else 0.0,
            config.balance if config.has(row, BALANCE) else 0.0,
        ],
    )
    # The sum alone would not tell which of them does not move.
    logged = {"codes": [LossTerm(term) for term in terms]}
    objective = Objective({"codes": together}, {"codes": 1.0}, logged)
    if config.has(row, AUGMENTATION):
        # Their mean over the picture and its two views.
        views = dict.fromkeys(("crop", "drop"), cross_entropy())
        shares = dict.fromkeys(("logits", *views), 1 / 3)
        objective = Objective(
            {**objective.losses, **views}, {**objective.weights, **shares}, logged
        )

    def watch(inputs: tf.Tensor) -> EmbeddingStatistics:
        return EmbeddingStatistics("codes", inputs, tell=functools.partial(wrong, row, config))

    model, history = train_classifier(
        opened,
        data.records,
        data.fit,
        name or row,
        build,
        objective=objective,
        maps=start.maps,
        # The augmented network is a model around that of the codes.
        watch=None if config.has(row, AUGMENTATION) else watch,
    )
    if config.has(row, AUGMENTATION):
        model = model.get_layer(f"{config.backbone}_gdf_net")
    return model, history


def wrong(row: str, config: GdfSettings, logs: Mapping[str, float]) -> str | None:
    """What makes a hash layer useless, in plain words."""
    constant = logs["constant_bits"]
    if constant <= config.bits / 2:
        return None
    return (
        f"{row}: {constant:.0f} of {config.bits} bits are the same for all pictures of a batch: "
        "lower --learning-rate (--rates), and leave --standardize on"
    )


def encoder_of(
    opened: Opened[GdfSettings, Divided], row: str, model: tf.keras.Model, start: Start
) -> tf.keras.Model:
    """What is exported of a trained network: pictures to codes."""
    config = opened.config
    if start.network is not None:
        trained, model = model, network(start.network, row, config, opened.data.num_classes)
        frozen.behind(start.network, model, trained)
    return tf.keras.Model(model.input, model.get_layer("codes").output)
