"""The backbone, up to where both papers begin, and the weights that every row starts from."""

import numpy as np
import tensorflow as tf

import tfretrieval as tfr
from recipes.common import networks, training
from recipes.common.cli import ConfigError
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.gdf.settings import GdfSettings
from tfretrieval.saliency.feature_layers import feature_maps, stages

Weights = list[np.ndarray]


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


def started(starting: Weights, config: GdfSettings) -> tf.keras.Model:
    """The network at the weights that every row starts from."""
    model = network(config)
    model.set_weights(starting)
    return model
