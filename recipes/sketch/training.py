"""A network whose last features a loss reads as logits, cosines or distances to class centers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

import tfretrieval as tfr
from data_pipelines import steps
from recipes.common import frozen, networks
from recipes.common.opened import Opened
from recipes.common.training import History, checkpoint, cross_entropy, fit
from recipes.sketch.data import SketchData
from recipes.sketch.features import class_means, pooled_maps, seen_by
from recipes.sketch.schedule import ConstantThenLinear
from recipes.sketch.settings import (
    COSFACE,
    DASE,
    FROZEN,
    FULL,
    LENGTH,
    SOFTMAX,
    UNGATED,
    SketchSettings,
    row_name,
)
from tfretrieval import distributed
from tfretrieval.backbones.gates import inputs_and_gate
from tfretrieval.callbacks import EmbeddingStatistics, GateStatistics, MarginAnnealing
from tfretrieval.metrics import NearestCenterAccuracy
from tfretrieval.models.features import pooled_features

layers = tf.keras.layers

# The layer whose outputs are searched with.
EMBEDDING = "embedding"
# What the names of gates behind a network begin with.
BEHIND = "behind"


@dataclasses.dataclass(frozen=True, eq=False)
class Seen:
    """What is trained on: pictures, or what a frozen network says of them and of their mirror
    images.

    Attributes:
        network: that is frozen; ``None`` where it is trained.
        maps: its pooled maps, ``[N, 2, 1, 1, C]``.
    """

    network: tf.keras.Model | None = None
    maps: np.ndarray | None = None


def see(opened: Opened[SketchSettings, SketchData]) -> Seen:
    """Lets a frozen network see every picture and its mirror image."""
    config = opened.config
    if config.training == FULL:
        return Seen()
    network = frozen.backbone(opened, config.frozen_network)
    return Seen(network, pooled_maps(opened, network))


def network(
    opened: Opened[SketchSettings, SketchData], loss: str, gates: str, backbone: tf.keras.Model
) -> tf.keras.Model:
    """From pictures, or maps of a frozen network, to features."""
    config = opened.config
    if config.training == FROZEN:
        backbone = gated(backbone, gates)
    start = tf.keras.initializers.VarianceScaling(config.embedding_start**2, "fan_avg", "uniform")
    penalty = tf.keras.regularizers.L2(config.length_lambda) if loss == LENGTH else None
    features = layers.Dense(
        config.embedding,
        kernel_initializer=start,
        activity_regularizer=penalty,
        dtype="float32",
        name=EMBEDDING,
    )(pooled_features(backbone))
    return tf.keras.Model(backbone.input, features)


def gated(backbone: tf.keras.Model, gates: str) -> tf.keras.Model:
    """A network with gates behind it, which pass everything at first."""
    if gates == UNGATED:
        return backbone
    inputs, gate = inputs_and_gate(backbone.input, gates == DASE, (BEHIND,))
    return tf.keras.Model(inputs, gate(backbone.output, BEHIND))


@distributed.together
def train(
    opened: Opened[SketchSettings, SketchData], loss: str, gates: str, seen: Seen
) -> tuple[tf.keras.Model, History]:
    """Trains the network with these gates by this loss, from where a killed run was.

    Returns:
        The model, ending in the layer that the loss reads, and its history: ``loss``, ``accuracy``
        and ``seconds`` an epoch, of MEMS also ``margin``, of gates where they stand.
    """
    config, data = opened.config, opened.data
    tf.keras.utils.set_random_seed(config.seed)
    sketches = data.sketches
    length = len(sketches) // min(config.per_domain, len(sketches))
    steps_in_all = config.epochs * length
    with opened.strategy.scope():
        if seen.maps is None:
            backbone = networks.backbone(config.network(gates), config)
        else:
            backbone = frozen.stand_in(seen.maps[:, 0])
        features = network(opened, loss, gates, backbone)
        head, objective, accuracy = head_of(loss, len(data.seen_classes), config)
        model = tf.keras.Model(features.input, head(features.output))
        optimizer = tf.keras.optimizers.AdamW(
            ConstantThenLinear(config.learning_rate, steps_in_all),
            weight_decay=config.weight_decay,
        )
        optimizer.exclude_from_weight_decay(var_names=["centers"])
        model.compile(optimizer, objective, metrics=[accuracy], jit_compile=False)
        name = row_name(loss, gates)
        state = checkpoint(opened.folder, f"{name}/stage1", model, config.epochs)
    number = tf.constant(data.number)

    def batches(first_epoch: int) -> tf.data.Dataset:
        order_of_epochs: dict[str, Any] = {
            "per_domain": config.per_domain,
            "seed": config.seed,
            "first_epoch": first_epoch,
            "epochs": config.epochs,
            "workers": distributed.workers_of(opened.strategy),
        }
        if seen.maps is not None:
            dataset = steps.paired_feature_batches(
                seen.maps, data.records.labels, sketches, data.photos, **order_of_epochs
            )
        else:
            dataset = steps.paired_batches(
                data.records,
                sketches,
                data.photos,
                image_size=config.image_size,
                **order_of_epochs,
            )
        return dataset.map(lambda inputs, label: (seen_by(model, inputs), tf.gather(number, label)))

    callbacks: list[tf.keras.callbacks.Callback] = []
    if config.margin_of(loss) is not None:
        callbacks = [MarginAnnealing(objective, max(1, round(config.annealing * steps_in_all)))]
    if state.epoch < config.epochs:
        inputs, _ = next(iter(batches(0)))
        centers = None if loss in (SOFTMAX, LENGTH) else model.layers[-1].name
        callbacks.append(EmbeddingStatistics(EMBEDDING, inputs, centers, wrong(loss, config)))
        if gates != UNGATED:
            callbacks.append(GateStatistics(inputs))
    return model, fit(name, model, batches, length, state, callbacks)


def wrong(loss: str, config: SketchSettings) -> Callable[[Mapping[str, float]], str | None]:
    """What would make MEMS useless, in plain words."""

    def tell(logs: Mapping[str, float]) -> str | None:
        if config.margin_of(loss) is None or logs["embedding_length"] < 5 * logs["center_length"]:
            return None
        return (
            f"{loss}: features are {logs['embedding_length']:.1f} long beside centers of "
            f"{logs['center_length']:.1f}: the loss can do little but shrink them; lower "
            "--embedding-start"
        )

    return tell


def head_of(
    loss: str, classes: int, config: SketchSettings
) -> tuple[tf.keras.layers.Layer, tf.keras.losses.Loss, Any]:
    """The last layer, the loss on its output, and how accuracy is read from it."""
    margin = config.margin_of(loss)
    if loss == COSFACE:
        cosine = tfr.losses.CosFace(config.cosine_margin, config.cosine_scale)
        return tfr.layers.CosineToCenters(classes, name="cosines"), cosine, "accuracy"
    if margin is None:
        return layers.Dense(classes, name="logits"), cross_entropy(), "accuracy"
    centers = tfr.layers.SquaredDistanceToCenters(classes, initializer=tfr.layers.UnitRows())
    objective = tfr.losses.MultiplicativeEuclideanMarginSoftmax(margin)
    return centers, objective, NearestCenterAccuracy()


def encoder_of(model: tf.keras.Model) -> tf.keras.Model:
    """The network from pictures and domains, or from maps, to features."""
    return tf.keras.Model(model.input, model.get_layer(EMBEDDING).output)


def on_pictures(
    opened: Opened[SketchSettings, SketchData],
    loss: str,
    gates: str,
    encoder: tf.keras.Model,
    seen: Seen,
) -> tf.keras.Model:
    """The same from pictures where the encoder reads maps."""
    if seen.network is None:
        return encoder
    whole = network(opened, loss, gates, seen.network)
    frozen.behind(seen.network, whole, encoder)
    return whole


def class_centers(
    loss: str, model: tf.keras.Model, features: np.ndarray, data: SketchData
) -> np.ndarray:
    """The centers that were trained, or the means of the training pictures, ``[seen, D]``."""
    if loss in (SOFTMAX, LENGTH):
        return class_means(features, data)
    return np.asarray(model.layers[-1].get_weights()[0])
