"""The backbone, up to where both papers begin, and the weights that every row starts from."""

from __future__ import annotations

import dataclasses

import numpy as np
import tensorflow as tf

import tfretrieval as tfr
from data_pipelines.view import WHOLE, View
from recipes.common import frozen, networks, training
from recipes.common.cli import ConfigError
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.gdf.settings import FULL, GdfSettings
from tfretrieval.saliency.feature_layers import feature_maps, stages

Weights = list[np.ndarray]


@dataclasses.dataclass(frozen=True, eq=False)
class Start:
    """What every row starts from.

    Attributes:
        weights: of the network.
        network: at these weights, where it is frozen.
        view: what a frozen network is shown.
        maps: its maps of all pictures, ``[N, h, w, C]``.
    """

    weights: Weights
    network: tf.keras.Model | None = None
    view: View = WHOLE
    maps: np.ndarray | None = None

    def below(self, config: GdfSettings) -> tf.keras.Model:
        """What a row is built on: the network, or its maps."""
        return started(self.weights, config) if self.maps is None else frozen.stand_in(self.maps)


def network(config: GdfSettings) -> tf.keras.Model:
    """The backbone, up to the layer that both papers begin at.

    Raises:
        ConfigError: weights that are not there, or a layer that is no map.
    """
    whole = networks.backbone(config.backbone, config)
    ends = stages(whole)
    name = config.layer or (ends[-2] if len(ends) > 1 else whole.layers[-1].name)
    names = [layer.name for layer in feature_maps(whole)]
    if name not in names:
        raise ConfigError(f"--layer {name}: no map of {config.backbone}, which ends in {names[-1]}")
    return tf.keras.Model(whole.input, whole.get_layer(name).output, name=config.backbone)


def starting_weights(opened: Opened[GdfSettings, Divided]) -> Weights:
    """Of every row's backbone: ``--weights``, or with none those of a classifier of the training
    pictures."""
    config, data = opened.config, opened.data
    tf.keras.utils.set_random_seed(config.seed)
    if config.weights != "none" or not config.pretraining:
        return list(network(config).get_weights())

    def build() -> tf.keras.Model:
        return tfr.models.classifier(network(config), data.num_classes)

    run = opened.with_config(epochs=config.pretraining)
    model, _ = training.train_classifier(run, data.records, data.fit, "start", build)
    # The classifier is built flat on its backbone, whose weights come first.
    return list(model.get_weights()[:-2])


def start(opened: Opened[GdfSettings, Divided]) -> Start:
    """The weights of every row, and what a frozen network says of every picture."""
    config = opened.config
    weights = starting_weights(opened)
    if config.training == FULL:
        return Start(weights)
    below = started(weights, config)
    view = frozen.view_of(opened, below, config.view)
    name = f"{config.backbone}+{config.view}"
    return Start(weights, below, view, frozen.whole_maps(opened, name, below, view))


def started(starting: Weights, config: GdfSettings) -> tf.keras.Model:
    """The network at the weights that every row starts from."""
    model = network(config)
    model.set_weights(starting)
    return model
