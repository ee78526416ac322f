"""A descriptor network trained on tuples, whose negatives it mines anew each epoch."""

import math
import warnings
from typing import Any

import numpy as np
import tensorflow as tf

import tfretrieval as tfr
from data_pipelines import steps
from data_pipelines.instance_catalogue import InstanceData
from recipes.common import networks, session
from recipes.common.opened import Opened
from recipes.common.training import History, checkpoint
from recipes.instance.margins import Margins, fitting
from recipes.instance.mining import mine, things_in_pool, tuples_an_epoch
from recipes.instance.pooled import Pooled
from recipes.instance.settings import (
    ALL,
    CONTRASTIVE,
    FROZEN_NETWORK,
    GEM,
    MAC,
    RMAC,
    SPOC,
    TRIPLET,
    InstanceSettings,
)
from tfretrieval import distributed


def descriptor_network(
    opened: Opened[InstanceSettings, InstanceData],
    starting: list[np.ndarray],
    seen: Pooled | None = None,
) -> tf.keras.Model:
    """The network from pictures of every size to descriptors, at its starting weights.

    Args:
        seen: what a frozen network says of the pictures: then from its features alone.
    """
    config = opened.config
    pooling = {
        GEM: tfr.layers.GeM,
        MAC: tfr.layers.MAC,
        SPOC: tfr.layers.SPoC,
        RMAC: tfr.layers.RMAC,
    }[config.pooling]
    projection = config.training == FROZEN_NETWORK
    with opened.strategy.scope():
        if seen is not None:
            return tfr.models.descriptor(seen.input(), pooling(name="pooling"), projection)
        backbone = networks.backbone(config.backbone, config, any_size=True)
        backbone.set_weights(starting)
        return tfr.models.descriptor(backbone, pooling(name="pooling"), projection)


def behind(
    opened: Opened[InstanceSettings, InstanceData],
    starting: list[np.ndarray],
    encoder: tf.keras.Model,
) -> tf.keras.Model:
    """The network from pictures, with what an encoder of a frozen network's features learned."""
    whole = descriptor_network(opened, starting)
    for name in ("pooling", "projection"):
        whole.get_layer(name).set_weights(encoder.get_layer(name).get_weights())
    return whole


@distributed.together
def train(
    opened: Opened[InstanceSettings, InstanceData],
    loss: str,
    encoder: tf.keras.Model,
    seen: Pooled | None = None,
) -> History:
    """Epoch after epoch: negatives are mined by the network as it is, then it learns from them.

    Goes on from where a killed run was. Warns once where the margins make learning impossible.

    Args:
        seen: what a frozen network says of the pictures, whose features the encoder reads.

    Returns:
        ``loss``, ``active_hinges`` and ``seconds`` an epoch, mining included.
    """
    config, data = opened.config, opened.data
    tf.keras.utils.set_random_seed(config.seed)
    count = config.negatives
    if loss.endswith(ALL):
        count = things_in_pool(config, data) - 1
    margins = fitting(opened, encoder, seen)
    with opened.strategy.scope():
        # Statistics of few tuples are no statistics: those of the starting network stay.
        tfr.models.freeze_normalization(encoder)
        learning = encoder
        if distributed.workers_of(opened.strategy).several:
            # None can use by itself what all train: each mines by the network that it was given.
            learning = tf.keras.models.clone_model(encoder)
            tfr.models.freeze_normalization(learning)
            learning.set_weights(encoder.get_weights())
        model = tfr.models.tuple_encoder(learning, 2 + count, config.image_size)
        length = tuples_an_epoch(config, data) // config.batch_size
        rate = tf.keras.optimizers.schedules.ExponentialDecay(
            config.learning_rate, length, math.exp(-0.01), staircase=True
        )
        optimizer = tf.keras.optimizers.AdamW(rate, weight_decay=config.weight_decay)
        optimizer.exclude_from_weight_decay(var_names=["gem_p"])
        pulled_by = objective(loss, count, config, margins)
        active = tfr.metrics.ActiveHinges(pulled_by)
        model.compile(optimizer, pulled_by, metrics=[active], jit_compile=False)
        state = checkpoint(opened.folder, f"{loss}/training", model, config.epochs)
    print(f"{loss}: epoch {state.epoch} of {config.epochs} done", flush=True)
    told = False
    for epoch in range(state.epoch, config.epochs):
        if learning is not encoder:
            encoder.set_weights(learning.get_weights())
        tuples = mine(opened, encoder, count, epoch, seen).tuples
        distributed.fit(
            model,
            batches_of(opened, tuples, epoch, seen),
            initial_epoch=epoch,
            epochs=epoch + 1,
            steps_per_epoch=len(tuples) // config.batch_size,
            shuffle=False,
            callbacks=[state],
            verbose=session.verbosity(),
        )
        wrong = None if told else wrong_margins(loss, float(state.history["active_hinges"][-1]))
        if wrong is not None:
            told = True
            warnings.warn(wrong, UserWarning, stacklevel=2)
    return state.history


def batches_of(
    opened: Opened[InstanceSettings, InstanceData],
    tuples: np.ndarray,
    epoch: int,
    seen: Pooled | None,
) -> tf.data.Dataset:
    """The steps of an epoch: pictures, or what a frozen network says of them."""
    config, records = opened.config, opened.data.train.records
    order: dict[str, Any] = {
        "batch_size": config.batch_size,
        "seed": config.seed,
        "first_epoch": epoch,
        "epochs": epoch + 1,
        "workers": distributed.workers_of(opened.strategy),
    }
    if seen is not None:
        features = seen.of(records, config.image_size)[:, :1, None]
        return steps.tuple_feature_batches(features, tuples, **order)
    size = config.image_size
    return steps.tuple_batches(records, tuples, image_size=size, augment=False, **order)


def objective(
    loss: str, count: int, config: InstanceSettings, margins: Margins
) -> tf.keras.losses.Loss:
    """The loss on tuples of so many negatives."""
    name = loss.removesuffix(ALL)
    if name == TRIPLET:
        return tfr.losses.TupleTripletLoss(margins.triplet)
    if name == CONTRASTIVE:
        return tfr.losses.ContrastiveLoss(margins.contrastive)
    # Over all negatives of a pool the margins fill the range that they fill over the mined ones.
    delta = margins.delta * (config.negatives - 1) / max(count - 1, 1)
    return tfr.losses.RankMarginLoss(margins.rank, delta, ranking=config.ranking)


def wrong_margins(loss: str, active: float) -> str | None:
    """What makes margins useless, in plain words, by the share of hinges that were active."""
    if active == 0:
        return f"{loss}: no hinge is active: negatives teach nothing; raise its margin"
    if active == 1:
        return (
            f"{loss}: every hinge is active: the margin lies beyond all negatives, and training "
            "only spreads them; lower its margin, or leave it to --margin-quantile"
        )
    return None
