"""Training that resumes: softmax cross-entropy and what is added to it; then features, once."""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from data_pipelines import order, steps
from data_pipelines.augment import Augmentation
from data_pipelines.mapped import in_blocks
from data_pipelines.records import Records
from data_pipelines.view import WHOLE, View
from recipes.common import session
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.settings import CodeSettings, RunSettings
from tfretrieval import distributed
from tfretrieval.callbacks import TrainingCheckpoint
from tfretrieval.run_folder import RunFolder, RunFolderError

History = dict[str, np.ndarray]
# Pictures whose features are held at a time; a multiple of what Keras takes of an array.
HELD = 16384


@dataclasses.dataclass(frozen=True)
class Objective:
    """What a classifier is trained by beside the cross-entropy of its logits.

    Attributes:
        losses, weights, metrics: of ``compile``, by output.
    """

    losses: dict[str, tf.keras.losses.Loss] = dataclasses.field(default_factory=dict)
    weights: dict[str, float] = dataclasses.field(default_factory=dict)
    metrics: dict[str, list[tf.keras.metrics.Metric]] = dataclasses.field(default_factory=dict)


@distributed.together
def train_classifier(
    opened: Opened[CodeSettings, Any],
    records: Records,
    indices: np.ndarray,
    name: str,
    build: Callable[[], tf.keras.Model],
    view: View = WHOLE,
    objective: Objective | None = None,
    warm_up: int = 0,
    maps: np.ndarray | None = None,
    watch: Callable[[Any], tf.keras.callbacks.Callback] | None = None,
) -> tuple[tf.keras.Model, History]:
    """Trains a classifier with ``compile`` and ``fit``.

    The order and the augmentation of an epoch come from its number and the checkpoint holds
    weights and optimizer, so a killed run continues to the same numbers.

    Args:
        records, indices: the pictures, and which of them are trained on.
        objective: what its outputs are trained by; cross-entropy of ``logits`` by default.
        warm_up: epochs in which the rate rises from 0.
        maps: of all pictures, ``[N, h, w, C]``, which a model on a frozen network is trained on in
            their place.
        watch: a callback for the inputs of a batch.

    Returns:
        The trained model, and its history: ``loss`` and ``accuracy`` an epoch, ``seconds``.
    """
    config, objective = opened.config, objective or Objective()
    length = order.steps_per_epoch(len(indices), config.batch_size)
    tf.keras.utils.set_random_seed(config.seed)
    with opened.strategy.scope():
        model = build()
        left, rate = (config.epochs - warm_up) * length, config.learning_rate
        warm = {"warmup_target": rate, "warmup_steps": warm_up * length} if warm_up else {}
        start = 0.0 if warm_up else rate
        schedule = tf.keras.optimizers.schedules.CosineDecay(start, left, **warm)
        optimizer = tf.keras.optimizers.AdamW(schedule, weight_decay=config.weight_decay)
        # Class centers are where the features are: no decay draws them to the origin.
        optimizer.exclude_from_weight_decay(var_names=["centers"])
        model.compile(
            optimizer=optimizer,
            loss={"logits": cross_entropy(), **objective.losses},
            loss_weights={"logits": 1.0, **objective.weights},
            metrics={"logits": ["accuracy"], **objective.metrics},
            jit_compile=False,
        )

    def batches(first_epoch: int) -> tf.data.Dataset:
        order_of_epochs: dict[str, Any] = {
            "batch_size": config.batch_size,
            "seed": config.seed,
            "first_epoch": first_epoch,
            "epochs": config.epochs,
            "workers": distributed.workers_of(opened.strategy),
        }
        if maps is not None:
            dataset = steps.feature_batches(maps, records.labels, indices, **order_of_epochs)
        else:
            dataset = steps.train_batches(
                records,
                indices,
                image_size=config.image_size,
                augment=augmentation(config),
                boxes=view.boxes,
                masks=view.masks,
                **order_of_epochs,
            )
        return dataset.map(functools.partial(_named, model)) if objective.losses else dataset

    with opened.strategy.scope():
        state = checkpoint(opened.folder, f"{name}/stage1", model, config.epochs)
    watching = [watch(next(iter(batches(0)))[0])] if watch and state.epoch < state.epochs else []
    return model, fit(name, model, batches, length, state, watching)


def fit(
    name: str,
    model: tf.keras.Model,
    batches: Callable[[int], tf.data.Dataset],
    length: int,
    checkpoint: TrainingCheckpoint,
    callbacks: Sequence[tf.keras.callbacks.Callback] = (),
) -> History:
    """Trains a compiled model, from where a killed run was.

    Args:
        batches: from the first epoch that is wanted on, epochs after epochs.
        length: steps of an epoch.
        checkpoint: of the model, made in the scope of its strategy.

    Returns:
        The history: ``loss`` and every metric an epoch, ``seconds``.
    """
    if checkpoint.epoch < checkpoint.epochs:
        done = f"epoch {checkpoint.epoch} of {checkpoint.epochs} done"
        print(f"{name}: stage 1, {done}", flush=True)
        distributed.fit(
            model,
            batches(checkpoint.epoch),
            initial_epoch=checkpoint.epoch,
            epochs=checkpoint.epochs,
            steps_per_epoch=length,
            shuffle=False,
            callbacks=[*callbacks, checkpoint],
            verbose=session.verbosity(),
        )
    return checkpoint.history


def cross_entropy() -> tf.keras.losses.Loss:
    """Softmax cross-entropy of logits and class ids."""
    return tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def _named(model: tf.keras.Model, image: tf.Tensor, label: tf.Tensor) -> tuple[Any, Any]:
    """A batch for a model of several outputs, all trained by the label."""
    inputs = {"image": image, "label": label} if isinstance(model.input, dict) else image
    return inputs, dict.fromkeys(model.output, label)


def augmentation(config: CodeSettings) -> Augmentation:
    """The random views of stage 1."""
    return Augmentation(
        area=(config.crop_area, 1.0),
        flip=config.flip,
        brightness=config.colour,
        contrast=config.colour,
        saturation=config.colour,
    )


def checkpoint(
    folder: RunFolder, name: str, model: tf.keras.Model, epochs: int
) -> TrainingCheckpoint:
    """Where a training of a run was; to be made in the scope of the model's strategy."""
    folder.begin()
    try:
        return TrainingCheckpoint(folder / f"{name}.npz", model, epochs)
    except ValueError as error:
        raise RunFolderError(str(error)) from error


def image_input(model: tf.keras.Model) -> tf.Tensor:
    """The pictures that enter a model, which may read labels or domains beside them."""
    return model.input["image"] if isinstance(model.input, dict) else model.input


def seen(
    opened: Opened[RunSettings, Divided],
    view: View,
    start: int = 0,
    stop: int | None = None,
    image_size: int | None = None,
) -> tf.data.Dataset:
    """What a network sees of the pictures from ``start`` to ``stop``, of all by default, in batches
    of the settings and, unless another is given, of their size."""
    config, records = opened.config, opened.data.records
    batches = steps.eval_batches(
        records,
        np.arange(len(records))[start:stop],
        image_size=image_size or config.image_size,
        batch_size=config.batch_size,
        **view.shown,
    )
    return batches.map(lambda image, label: image)


def cached_features(
    opened: Opened[RunSettings, Divided],
    name: str,
    classifier: tf.keras.Model,
    view: View = WHOLE,
    layer: str = "features",
    maps: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Features, which are the outputs of a layer, and logits of every picture, in one pass. Memory
    holds those of `HELD` pictures.

    Args:
        maps: of all pictures, where a model on a frozen network reads them.

    Returns:
        ``features`` float32 ``[N, D]``, ``logits`` ``[N, classes]``, ``seconds`` of the pass.
    """
    config, records = opened.config, opened.data.records
    # Whole batches: every picture is in the one that it would be in of a pass at once.
    step = HELD if maps is not None else config.batch_size * -(-HELD // config.batch_size)

    def compute() -> dict[str, Any]:
        outputs = [classifier.get_layer(name).output for name in (layer, "logits")]
        network = tf.keras.Model(image_input(classifier), outputs)

        def block(start: int, stop: int) -> dict[str, np.ndarray]:
            batches = seen(opened, view, start, stop) if maps is None else maps[start:stop]
            features, logits = network.predict(batches, verbose=session.verbosity())
            return {"features": features.astype(np.float32), "logits": logits}

        print(f"{name}: features of {len(records)} pictures", flush=True)
        began = time.monotonic()
        found = in_blocks(opened.folder / name, len(records), step, block)
        return {**found, "seconds": time.monotonic() - began}

    return opened.folder.step(f"{name}/features", compute)
