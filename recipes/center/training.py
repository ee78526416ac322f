"""A network with class centers, trained by cross-entropy and what reads distances to them."""

import tensorflow as tf

import tfretrieval as tfr
from recipes.center.settings import CENTER, SOFTMAX, CenterSettings
from recipes.common import networks
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.training import History, Objective, image_input, train_classifier
from tfretrieval.losses import CenterLoss, ImprovedCenterLoss
from tfretrieval.metrics import NearestOtherCenterDistance, OwnCenterDistance

DISTANCES = "center_distances"
# Mean squared distances to centers, an epoch each, in the history of a training.
TO_OWN, TO_NEAREST_OTHER = f"{DISTANCES}_d_own", f"{DISTANCES}_d_other"
# The layer that a network with an embedding is searched by.
EMBEDDING = "embedding"


def train(
    opened: Opened[CenterSettings, Divided],
    loss: str,
    name: str | None = None,
    embedding: int | None = None,
) -> tuple[tf.keras.Model, History]:
    """Trains a network by cross-entropy and one of :data:`~recipes.center.settings.LOSSES`.

    Cross-entropy alone is the center loss at weight zero, so that every loss starts from the same
    numbers and meets the same batches.

    Args:
        name: of its files, the loss by default.
        embedding: features that both the classifier and the centers read; the pooled ones without.
    """
    config, data = opened.config, opened.data

    def build() -> tf.keras.Model:
        backbone = networks.backbone(config.backbone, config)
        return tfr.models.center_classifier(
            backbone, data.num_classes, embedding, config.update, config.rate
        )

    objective = Objective(
        losses={DISTANCES: center_loss(loss, config)},
        weights={DISTANCES: config.weight(loss)},
        metrics={DISTANCES: [OwnCenterDistance(), NearestOtherCenterDistance()]},
    )
    return train_classifier(
        opened, data.records, data.fit, name or loss, build, objective=objective
    )


def encoder(classifier: tf.keras.Model, config: CenterSettings) -> tf.keras.Model:
    """The trained network under a hash layer; it reads pictures alone."""
    features = classifier.get_layer("features").input
    backbone = tf.keras.Model(image_input(classifier), features)
    return tfr.models.hash_encoder(backbone, config.bits, config.hash_activation)


def center_loss(loss: str, config: CenterSettings) -> tf.keras.losses.Loss:
    """What reads the distances to the centers beside cross-entropy."""
    if loss in (SOFTMAX, CENTER):
        return CenterLoss()
    return ImprovedCenterLoss(loss, margin=config.hinge_margin, beta=config.push)
