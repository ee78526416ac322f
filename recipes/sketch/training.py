"""A network whose last features a loss reads as logits, cosines or distances to class centers."""

from typing import Any

import numpy as np
import tensorflow as tf

import tfretrieval as tfr
from data_pipelines import steps
from recipes.common import networks
from recipes.common.opened import Opened
from recipes.common.training import History, checkpoint, cross_entropy, fit
from recipes.sketch.data import SketchData
from recipes.sketch.features import class_means, seen_by
from recipes.sketch.schedule import ConstantThenLinear
from recipes.sketch.settings import COSFACE, SOFTMAX, SketchSettings, row_name
from tfretrieval.callbacks import MarginAnnealing
from tfretrieval.metrics import NearestCenterAccuracy
from tfretrieval.models.features import pooled_features

layers = tf.keras.layers

# The layer whose outputs are searched with.
EMBEDDING = "embedding"


def train(
    opened: Opened[SketchSettings, SketchData], loss: str, gates: str
) -> tuple[tf.keras.Model, History]:
    """Trains the network with these gates by this loss, from where a killed run was.

    Returns:
        The model, ending in the layer that the loss reads, and its history: ``loss``, ``accuracy``
        and ``seconds`` an epoch, of MEMS also ``margin``.
    """
    config, data = opened.config, opened.data
    tf.keras.utils.set_random_seed(config.seed)
    sketches = data.sketches
    length = len(sketches) // min(config.per_domain, len(sketches))
    steps_in_all = config.epochs * length
    with opened.strategy.scope():
        backbone = networks.backbone(config.network(gates), config)
        features = pooled_features(backbone)
        features = layers.Dense(config.embedding, dtype="float32", name=EMBEDDING)(features)
        head, objective, accuracy = head_of(loss, len(data.seen_classes), config)
        model = tf.keras.Model(backbone.input, head(features))
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
        dataset = steps.paired_batches(
            data.records,
            sketches,
            data.photos,
            image_size=config.image_size,
            per_domain=config.per_domain,
            seed=config.seed,
            first_epoch=first_epoch,
            epochs=config.epochs,
        )
        return dataset.map(lambda inputs, label: (seen_by(model, inputs), tf.gather(number, label)))

    grow = []
    if config.margin_of(loss) is not None:
        grow = [MarginAnnealing(objective, max(1, round(config.annealing * steps_in_all)))]
    return model, fit(name, model, batches, length, state, grow)


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
    """The network from pictures and domains to features."""
    return tf.keras.Model(model.input, model.get_layer(EMBEDDING).output)


def class_centers(
    loss: str, model: tf.keras.Model, features: np.ndarray, data: SketchData
) -> np.ndarray:
    """The centers that were trained, or the means of the training pictures, ``[seen, D]``."""
    if loss == SOFTMAX:
        return class_means(features, data)
    return np.asarray(model.layers[-1].get_weights()[0])
