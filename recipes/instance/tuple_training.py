"""A descriptor network trained on tuples, whose negatives it mines anew each epoch."""

import math

import numpy as np
import tensorflow as tf

import tfretrieval as tfr
from data_pipelines import steps
from data_pipelines.instance_catalogue import InstanceData
from recipes.common import networks, session
from recipes.common.opened import Opened
from recipes.common.training import History, checkpoint
from recipes.instance.mining import mine, things_in_pool, tuples_an_epoch
from recipes.instance.settings import (
    ALL,
    CONTRASTIVE,
    GEM,
    MAC,
    RMAC,
    SPOC,
    TRIPLET,
    InstanceSettings,
)


def descriptor_network(
    opened: Opened[InstanceSettings, InstanceData], starting: list[np.ndarray]
) -> tf.keras.Model:
    """The network from pictures of every size to descriptors, at its starting weights."""
    config = opened.config
    pooling = {
        GEM: tfr.layers.GeM,
        MAC: tfr.layers.MAC,
        SPOC: tfr.layers.SPoC,
        RMAC: tfr.layers.RMAC,
    }[config.pooling]
    with opened.strategy.scope():
        backbone = networks.backbone(config.backbone, config, any_size=True)
        backbone.set_weights(starting)
        return tfr.models.descriptor(backbone, pooling(name="pooling"))


def train(
    opened: Opened[InstanceSettings, InstanceData], loss: str, encoder: tf.keras.Model
) -> History:
    """Epoch after epoch: negatives are mined by the network as it is, then it learns from them.

    Goes on from where a killed run was.

    Returns:
        ``loss`` and ``seconds`` an epoch, mining included.
    """
    config, data = opened.config, opened.data
    tf.keras.utils.set_random_seed(config.seed)
    count = config.negatives
    if loss.endswith(ALL):
        count = things_in_pool(config, data) - 1
    with opened.strategy.scope():
        # Statistics of few tuples are no statistics: those of the starting network stay.
        tfr.models.freeze_normalization(encoder)
        model = tfr.models.tuple_encoder(encoder, 2 + count, config.image_size)
        length = tuples_an_epoch(config, data) // config.batch_size
        rate = tf.keras.optimizers.schedules.ExponentialDecay(
            config.learning_rate, length, math.exp(-0.01), staircase=True
        )
        optimizer = tf.keras.optimizers.AdamW(rate, weight_decay=config.weight_decay)
        optimizer.exclude_from_weight_decay(var_names=["gem_p"])
        model.compile(optimizer, objective(loss, count, config), jit_compile=False)
        state = checkpoint(opened.folder, f"{loss}/training", model, config.epochs)
    print(f"{loss}: epoch {state.epoch} of {config.epochs} done", flush=True)
    for epoch in range(state.epoch, config.epochs):
        tuples = mine(opened, encoder, count, epoch)
        batches = steps.tuple_batches(
            data.train.records,
            tuples,
            image_size=config.image_size,
            batch_size=config.batch_size,
            seed=config.seed,
            first_epoch=epoch,
            epochs=epoch + 1,
            augment=False,
        )
        model.fit(
            batches,
            initial_epoch=epoch,
            epochs=epoch + 1,
            steps_per_epoch=len(tuples) // config.batch_size,
            shuffle=False,
            callbacks=[state],
            verbose=session.verbosity(),
        )
    return state.history


def objective(loss: str, count: int, config: InstanceSettings) -> tf.keras.losses.Loss:
    """The loss on tuples of so many negatives."""
    name = loss.removesuffix(ALL)
    if name == TRIPLET:
        return tfr.losses.TupleTripletLoss(config.triplet_margin)
    if name == CONTRASTIVE:
        return tfr.losses.ContrastiveLoss(config.margin)
    # Over all negatives of a pool the margins fill the range that they fill over the mined ones.
    delta = config.delta * (config.negatives - 1) / max(count - 1, 1)
    return tfr.losses.RankMarginLoss(config.margin, delta, ranking=config.ranking)
