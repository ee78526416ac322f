"""A network with class centers, trained by cross-entropy and what reads distances to them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

import tfretrieval as tfr
from data_pipelines.view import WHOLE, View
from recipes.center.settings import CENTER, DECAY, FULL, HINGE, LENGTH, SOFTMAX, CenterSettings
from recipes.common import frozen, networks
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.training import History, Objective, image_input, train_classifier
from tfretrieval.callbacks import EmbeddingStatistics
from tfretrieval.losses import CenterLoss, ImprovedCenterLoss
from tfretrieval.metrics import NearestOtherCenterDistance, OwnCenterDistance

DISTANCES = "center_distances"
# Mean squared distances to centers, an epoch each, in the history of a training.
TO_OWN, TO_NEAREST_OTHER = f"{DISTANCES}_d_own", f"{DISTANCES}_d_other"
# The layer that a network with an embedding is searched by.
EMBEDDING = "embedding"


@dataclasses.dataclass(frozen=True, eq=False)
class Seen:
    """What the losses of a run are trained on: pictures, or what a frozen network says of them.

    Attributes:
        network: that is frozen; ``None`` where it is trained.
        view: what it is shown.
        maps: its pooled maps of all pictures, ``[N, 1, 1, C]``.
    """

    network: tf.keras.Model | None = None
    view: View = WHOLE
    maps: np.ndarray | None = None


def see(opened: Opened[CenterSettings, Divided]) -> Seen:
    """Lets a frozen network see every picture."""
    config = opened.config
    if config.training == FULL:
        return Seen()
    looking = frozen.backbone(opened, config.backbone)
    view = frozen.view_of(opened, looking, config.view)
    name = f"{config.backbone}+{config.view}"
    return Seen(looking, view, frozen.pooled_maps(opened, name, looking, view))


def train(
    opened: Opened[CenterSettings, Divided],
    loss: str,
    seen: Seen,
    name: str | None = None,
    plane: bool = False,
) -> tuple[tf.keras.Model, History]:
    """Trains a network by cross-entropy and one of :data:`~recipes.center.settings.LOSSES`.

    Cross-entropy alone is the center loss at weight zero, so that every loss starts from the same
    numbers and meets the same batches.

    Args:
        name: of its files, the loss by default.
        plane: through two features that are free, for a picture of them.
    """
    config, data = opened.config, opened.data
    weight = config.weight(loss)
    if loss == DECAY:
        weight, opened = 0.0, opened.with_config(weight_decay=config.weight(loss))

    def build() -> tf.keras.Model:
        if seen.maps is None:
            backbone = networks.backbone(config.backbone, config)
        else:
            backbone = frozen.stand_in(seen.maps)
        return network(backbone, loss, config, data.num_classes, plane)

    objective = Objective(
        losses={DISTANCES: center_loss(loss, config)},
        weights={DISTANCES: weight},
        metrics={DISTANCES: [OwnCenterDistance(), NearestOtherCenterDistance()]},
    )
    return train_classifier(
        opened,
        data.records,
        data.fit,
        name or loss,
        build,
        objective=objective,
        maps=seen.maps,
        watch=lambda inputs: EmbeddingStatistics(EMBEDDING, inputs, DISTANCES, wrong(loss, config)),
    )


def wrong(loss: str, config: CenterSettings) -> Callable[[Mapping[str, float]], str | None]:
    """What would make a center loss useless, in plain words."""

    def tell(logs: Mapping[str, float]) -> str | None:
        if logs["constant_bits"] > config.bits / 2:
            return (
                f"{loss}: {logs['constant_bits']:.0f} of {config.bits} bits are the same for all "
                "pictures of a batch: lower --learning-rate"
            )
        nearest = logs[TO_NEAREST_OTHER]
        if loss == HINGE and not nearest <= config.hinge_margin <= 4 * nearest:
            return (
                f"{loss}: --hinge-margin {config.hinge_margin:g} beside a squared distance of "
                f"{nearest:.3g} to the nearest other center: below it nothing is pushed, far above "
                "it everything is, whatever it does"
            )
        return None

    return tell


def network(
    backbone: tf.keras.Model, loss: str, config: CenterSettings, classes: int, plane: bool
) -> tf.keras.Model:
    """The network of a loss, untrained."""
    model = tfr.models.center_classifier(
        backbone,
        classes,
        2 if plane else config.bits,
        config.update,
        config.rate,
        activation=None if plane else config.hash_activation,
    )
    if loss == LENGTH:
        # All centers held at the origin: the distance to them is the length.
        held = model.get_layer(DISTANCES)
        held.set_weights([np.zeros_like(held.get_weights()[0])])
        held.trainable = False
    return model


def encoder(
    opened: Opened[CenterSettings, Divided], loss: str, classifier: tf.keras.Model, seen: Seen
) -> tf.keras.Model:
    """The trained network from pictures to codes; it reads no label."""
    config = opened.config
    if seen.network is not None:
        trained, classes = classifier, opened.data.num_classes
        classifier = network(seen.network, loss, config, classes, plane=False)
        frozen.behind(seen.network, classifier, trained)
    codes = classifier.get_layer(EMBEDDING).output
    return tf.keras.Model(image_input(classifier), codes, name=f"{config.backbone}_hash_encoder")


def center_loss(loss: str, config: CenterSettings) -> tf.keras.losses.Loss:
    """What reads the distances to the centers beside cross-entropy."""
    if loss in (SOFTMAX, DECAY, LENGTH, CENTER):
        return CenterLoss()
    return ImprovedCenterLoss(loss, margin=config.hinge_margin, beta=config.push)
