"""Whole networks: what stands behind a frozen network goes on being trained together with it.

A method's head is trained on cached features first, as in its row behind the frozen network. From a
random one the first gradients of the network would be noise; a fine-tuned stage 1 begins the same
way. Then network and head are trained together: Adam, the same batches of classes, augmented as
stage 1's are, the same epochs and the same rate for all methods, an epoch of warm-up and cosine
decay, normalisation as it was. What grows while a head is trained has grown by then.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from data_pipelines import steps
from data_pipelines.view import View
from recipes import common
from recipes.common.data import Divided
from recipes.common.heads import Arrays
from recipes.common.opened import Opened
from recipes.comparison.choices import Choice
from recipes.comparison.descriptors import read
from recipes.comparison.inputs import Inputs
from recipes.comparison.methods import METHODS
from recipes.comparison.settings import ComparisonSettings
from recipes.comparison.training import (
    MINED,
    Diverged,
    Wanted,
    classes_per_batch,
    for_all,
    train_heads,
    train_mined,
)
from tfretrieval.layers import HashLayer
from tfretrieval.losses import AdaptiveTripletLoss, InBatch, TripletLoss
from tfretrieval.models import freeze_normalization

Terms = Sequence[tuple[tf.keras.losses.Loss, float]]


def train_network(
    opened: Opened[ComparisonSettings, Divided],
    inputs: Inputs,
    method: str,
    bits: int,
    choice: Choice,
) -> Arrays:
    """``codes`` ``[N, bits]`` of all pictures by a network and its head, and the ``seconds`` of
    training and coding; a file of the run, and on the way to it a checkpoint.

    Raises:
        Diverged: with what to do.
    """
    name = f"network/{method}-{bits}"

    def compute() -> Arrays:
        tf.keras.utils.set_random_seed(opened.config.seed)
        begun, wanted = time.monotonic(), Wanted(bits, choice.best.value)
        # On one device, as heads are: half a batch has other pairs.
        model, encoder, terms = _whole(opened.config, inputs, method, wanted, choice)
        seconds = time.monotonic() - begun
        # Of a killed run what was trained before it was killed counts too.
        seconds += _fit(opened, inputs.view, name, model, terms)
        begun = time.monotonic()
        seen = common.training.seen(opened, inputs.view)
        codes = encoder.predict(seen, verbose=common.session.verbosity())
        seconds += time.monotonic() - begun
        return {"codes": np.asarray(codes, np.float32), "seconds": seconds}

    found = opened.folder.step(f"{name}/codes", compute)
    # Weights and moments of a network for each method and length would fill a disk.
    (opened.folder / f"{name}/checkpoint.npz").unlink(missing_ok=True)
    return found


def _whole(
    config: ComparisonSettings,
    inputs: Inputs,
    method: str,
    wanted: Wanted,
    choice: Choice,
) -> tuple[tf.keras.Model, tf.keras.Model, Terms]:
    """From pictures to what losses read, and to codes; and those losses with their weights."""
    task = inputs.task_of(method)
    image = common.training.image_input(inputs.classifier)
    seen = tf.keras.Model(image, read(inputs.classifier, METHODS[method].reads))
    body = tf.keras.models.clone_model(seen)
    body.set_weights(seen.get_weights())
    freeze_normalization(body)
    features, rate = body.output, choice.best.rate
    if method in MINED:
        head = train_mined(method, wanted, rate, task, config)
        hashed = HashLayer(wanted.bits, config.hash_activation, name="codes")
        codes = hashed(features)
        hashed.set_weights([head["kernel"], head["bias"]])
        margin = METHODS[method].at(wanted.value, wanted.bits)
        loss = TripletLoss(margin) if margin else AdaptiveTripletLoss("batch")
        model = tf.keras.Model(body.input, codes)
        return model, model, [(InBatch(loss, "hard"), 1.0)]
    heads = train_heads(method, [wanted], rate, task, config)
    if task.standardize:
        scaler = task.inputs.scaler
        mean, variance = np.float32(scaler.mean_), np.float32(scaler.scale_**2)
        features = tf.keras.layers.Normalization(mean=mean, variance=variance)(features)
    outputs = tf.nest.flatten(heads.model(features))
    (codes,) = tf.nest.flatten(heads.encoder(features))
    return tf.keras.Model(body.input, outputs), tf.keras.Model(body.input, codes), heads.terms


def _fit(
    opened: Opened[ComparisonSettings, Divided],
    view: View,
    name: str,
    model: tf.keras.Model,
    terms: Terms,
) -> float:
    """Trains network and head together, from where a killed run was; returns the seconds."""
    config, data = opened.config, opened.data
    labels = data.records.labels[data.fit]
    classes = classes_per_batch(labels, config)

    def batches(first_epoch: int) -> tf.data.Dataset:
        found = steps.class_batches(
            data.records,
            data.fit,
            image_size=config.image_size,
            classes_per_batch=classes,
            images_per_class=config.images_per_class,
            seed=config.seed,
            epochs=config.fine_tune_epochs,
            first_epoch=first_epoch,
            augment=common.training.augmentation(config),
            boxes=view.boxes,
            masks=view.masks,
        )
        return for_all(found, len(terms))

    length = int(batches(config.fine_tune_epochs - 1).cardinality())
    schedule = tf.keras.optimizers.schedules.CosineDecay(
        0.0,
        (config.fine_tune_epochs - 1) * length,
        warmup_target=config.fine_tune_rate,
        warmup_steps=length,
    )
    model.compile(
        tf.keras.optimizers.Adam(schedule),
        loss=[loss for loss, _ in terms],
        loss_weights=[weight for _, weight in terms],
        jit_compile=False,
    )
    state = common.training.checkpoint(
        opened.folder, f"{name}/checkpoint", model, config.fine_tune_epochs
    )
    if state.epoch < state.epochs:
        print(f"{name}: epoch {state.epoch} of {state.epochs} done", flush=True)
        try:
            model.fit(
                batches(state.epoch),
                initial_epoch=state.epoch,
                epochs=state.epochs,
                steps_per_epoch=length,
                shuffle=False,
                callbacks=[state],
                verbose=common.session.verbosity(),
            )
        except FloatingPointError as error:
            raise Diverged(
                f"{name}: {error}: lower --fine-tune-rate, in another --run-dir"
            ) from error
    return float(state.history["seconds"].sum())
