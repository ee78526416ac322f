"""Training a head: same inputs, batches, steps and optimizer for every method."""

from __future__ import annotations

import dataclasses
import gc
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from data_pipelines import order
from recipes.common import heads as hash_heads
from recipes.common.cli import ConfigError
from recipes.common.heads import Arrays, HeadTask
from recipes.comparison.heads import HEADS, Head, Task
from recipes.comparison.methods import METHODS
from recipes.comparison.settings import ComparisonSettings
from tfretrieval.losses import AdaptiveTripletLoss, TripletLoss

MINED = ("triplet_mined", "adaptive_triplet")


class Diverged(ConfigError):
    """A loss that is no number any more."""


@dataclasses.dataclass(frozen=True, eq=False)
class StagedTask(HeadTask):
    """A task whose features are those of several stages side by side.

    Attributes:
        parts: their widths.
    """

    parts: Sequence[int] = ()


@dataclasses.dataclass(frozen=True)
class Wanted:
    """A head.

    Attributes:
        bits: of its codes.
        value: of the method's number, at 64 bits.
    """

    bits: int
    value: float


@dataclasses.dataclass(frozen=True, eq=False)
class Heads:
    """Trained heads, side by side.

    Attributes:
        model: inputs to all that losses read, of one head after another.
        terms: a loss and its weight, of each of these outputs.
        encoder: inputs to relaxed codes, a head each.
    """

    model: tf.keras.Model
    terms: Sequence[tuple[tf.keras.losses.Loss, float]]
    encoder: tf.keras.Model


def train(
    method: str,
    wanted: Sequence[Wanted],
    rate: float,
    task: HeadTask,
    config: ComparisonSettings,
) -> list[np.ndarray]:
    """Relaxed codes ``[N, bits]`` of all pictures, by each of these heads of a method.

    Args:
        rate: of Adam.
        task: its ``fit`` is trained on.

    Raises:
        Diverged: with what to do.
    """
    # A model and its functions hold each other: of hundreds of heads all would stay in memory.
    gc.collect()
    if method in MINED:
        return [train_mined(method, one, rate, task, config)["codes"] for one in wanted]
    encoder = train_heads(method, wanted, rate, task, config).encoder
    codes = encoder.predict(task.inputs[:], batch_size=4096, verbose=0)
    return list(codes) if len(wanted) > 1 else [codes[0] if isinstance(codes, list) else codes]


def train_heads(
    method: str,
    wanted: Sequence[Wanted],
    rate: float,
    task: HeadTask,
    config: ComparisonSettings,
) -> Heads:
    """Heads of a method, trained side by side in one model: they share no weight, and Adam treats
    each weight alone, so that each learns what it would learn by itself. Arguments and errors as
    of :func:`train`."""
    tf.keras.utils.set_random_seed(config.seed)
    batches = _batches(task, config)
    steps = int(batches.cardinality())
    inputs = tf.keras.Input(task.inputs.shape[1:], name="inputs")
    parts = task.parts if isinstance(task, StagedTask) else ()

    def head(one: Wanted) -> Head:
        value = METHODS[method].at(one.value, one.bits)
        return HEADS[method](Task(inputs, one.bits, task.num_classes, value, steps, parts))

    heads = [head(one) for one in wanted]
    terms = [term for head in heads for term in head.terms]
    model = tf.keras.Model(inputs, [output for output, _, _ in terms])
    an_epoch = steps // config.hash_epochs
    model.compile(
        tf.keras.optimizers.Adam(rate),
        loss=[loss for _, loss, _ in terms],
        loss_weights=[weight for _, _, weight in terms],
        # What grows while a head is trained grows once an epoch then.
        steps_per_execution=an_epoch,
        jit_compile=False,
    )
    logs = model.fit(
        for_all(batches, len(terms)),
        epochs=config.hash_epochs,
        steps_per_epoch=an_epoch,
        callbacks=[callback for head in heads for callback in head.callbacks],
        shuffle=False,
        verbose=0,
    ).history
    if not np.isfinite(logs["loss"]).all():
        raise Diverged(_diverged(method, rate))
    encoder = tf.keras.Model(inputs, [head.codes for head in heads])
    return Heads(model, [(loss, weight) for _, loss, weight in terms], encoder)


def train_mined(
    method: str, wanted: Wanted, rate: float, task: HeadTask, config: ComparisonSettings
) -> Arrays:
    """As the recipe of the triplets does: as many of them an epoch as there are pictures, mined
    anew every ``--remine`` epochs. Results as of :func:`recipes.common.heads.train_triplet`."""
    margin = METHODS[method].at(wanted.value, wanted.bits)
    loss = TripletLoss(margin) if margin else AdaptiveTripletLoss("given")
    settings = dataclasses.replace(
        config,
        bits=wanted.bits,
        bit_lengths=(wanted.bits,),
        hash_learning_rate=rate,
        batch_size=config.batch,
    )
    # Only its last codes count here, so that nothing is measured on the way.
    quiet = dataclasses.replace(task, evaluate=lambda codes: {})
    try:
        return hash_heads.train_triplet(quiet, settings, loss, "mined")
    except ConfigError as error:  # which names a flag that is not this recipe's
        raise Diverged(_diverged(method, rate)) from error


def for_all(batches: tf.data.Dataset, terms: int) -> tf.data.Dataset:
    """The labels for every loss of a model."""
    return batches.map(lambda x, y: (x, (y,) * terms if terms > 1 else y))


def classes_per_batch(labels: np.ndarray, config: ComparisonSettings) -> int:
    """As many as are wanted, where so many have a pair."""
    shown = np.unique(labels, return_counts=True)[1]
    return min(config.classes_per_batch, int((shown > 1).sum()))


def _diverged(method: str, rate: float) -> str:
    return f"{method} diverged at the rate {rate:g}: leave it out of --methods"


def _batches(task: HeadTask, config: ComparisonSettings) -> tf.data.Dataset:
    """``(inputs [P K, D], labels [P K])`` of all epochs."""
    labels = task.labels[task.fit]
    classes = classes_per_batch(labels, config)
    epochs = [
        order.classes_by_pictures(
            labels,
            classes_per_batch=classes,
            images_per_class=config.images_per_class,
            seed=config.seed,
            epoch=epoch,
        )
        for epoch in range(config.hash_epochs)
    ]
    rows = np.concatenate(epochs).reshape(-1, classes * config.images_per_class)
    seen = tf.constant(task.inputs[task.fit])
    batches = tf.data.Dataset.from_tensor_slices((rows, labels[rows]))
    return batches.map(lambda wanted, y: (tf.gather(seen, wanted), y))
