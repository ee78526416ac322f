"""Stage 2: hash layers trained on cached features, by triplets or by cross-entropy."""

import dataclasses
import functools
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from sklearn.preprocessing import StandardScaler

from data_pipelines import order
from recipes.common import measure
from recipes.common.cli import require
from recipes.common.data import Divided
from recipes.common.settings import HashSettings, MiningSettings
from tfretrieval import metrics
from tfretrieval.layers import HashLayer
from tfretrieval.losses import AdaptiveTripletLoss, TripletLoss
from tfretrieval.mining import all_pairs_margin, hard_triplets, mined_margin

Evaluate = Callable[[np.ndarray], dict[str, float]]
Arrays = dict[str, Any]


@dataclasses.dataclass(frozen=True, eq=False)
class HeadTask:
    """What every head of a network shares: features, who trains, and how a round is measured.

    Attributes:
        features: float32 ``[N, D]`` of all pictures.
        labels: int32 ``[N]``.
        fit: indices of the pictures that are trained and mined on.
        num_classes: of the data set.
        standardize: train on features of mean 0 and variance 1 over the pictures of ``fit``. Pooled
            ReLU features are positive and unequal in scale: left so, most bits start the same for
            all pictures, and hard triplets pull the codes together. The trained layer is handed
            out for the features as they are.
        evaluate: figures of the codes of all pictures, for the curves.
    """

    features: np.ndarray
    labels: np.ndarray
    fit: np.ndarray
    num_classes: int
    standardize: bool
    evaluate: Evaluate

    @functools.cached_property
    def scaler(self) -> StandardScaler:
        return StandardScaler(with_mean=self.standardize, with_std=self.standardize).fit(
            self.features[self.fit]
        )

    @functools.cached_property
    def inputs(self) -> np.ndarray:
        """What the hash layer is trained on, float32 ``[N, D]``."""
        return np.asarray(self.scaler.transform(self.features), np.float32)


def head_task(features: np.ndarray, config: HashSettings, data: Divided) -> HeadTask:
    """The task of a network's features on a data set, measured by its queries (``map``) and by what
    is held out (``map_held_out``)."""
    return HeadTask(
        features,
        data.records.labels,
        data.fit,
        data.num_classes,
        config.standardize,
        evaluate=lambda codes: {
            "map": measure.query_map(codes, data),
            "map_held_out": measure.held_out_map(codes, data),
        },
    )


def train_triplet(
    task: HeadTask, config: MiningSettings, loss: TripletLoss | AdaptiveTripletLoss, scope: str
) -> Arrays:
    """Trains a hash layer on hard triplets, mined anew every ``config.remine`` epochs.

    Args:
        loss: :class:`TripletLoss` or :class:`AdaptiveTripletLoss`.
        scope: what margin1 averages: the ``mined`` triplets, or ``all_pairs``. It is handed to
            the loss, which may have one of its own, and logged.

    Returns:
        ``codes`` float32 ``[N, bits]``, ``kernel``, ``bias``, ``seconds``, and a history with one
        value a round, the first before any triplet step: ``epoch``, ``margin1``, what the task
        evaluates, and of
        the triplets seen in the round ``loss``, ``d_ap``, ``d_an``, ``gap``, ``gaps_above``,
        ``active_triplets`` (NaN before the first).
    """
    start = time.monotonic()
    labels = task.labels[task.fit]
    features = task.inputs[task.fit]
    tf.keras.utils.set_random_seed(config.seed)
    codes = HashLayer(config.bits, config.hash_activation, name="codes")
    inputs = tf.keras.Input((3, features.shape[1]), name="features")
    model = tf.keras.Model(inputs, codes(inputs))
    squared = loss.squared
    watched = [
        metrics.PositiveDistance(squared=squared),
        metrics.NegativeDistance(squared=squared),
        metrics.Gap(squared=squared),
        metrics.GapsAbove(config.gap_target, squared=squared),
        metrics.ActiveTriplets(
            "given" if isinstance(loss, AdaptiveTripletLoss) else loss.margin, squared=squared
        ),
    ]

    def mine(number: int) -> tuple[np.ndarray, float]:
        embeddings = codes(features).numpy()
        triplets = hard_triplets(embeddings, labels, config.beta, seed=[config.seed, number])
        if scope == "all_pairs":
            return triplets, float(all_pairs_margin(embeddings, labels, squared))
        return triplets, float(mined_margin(embeddings, triplets, squared))

    triplets, margin1 = mine(0)
    length = order.steps_per_epoch(len(triplets), config.batch_size)
    model.compile(
        optimizer=tf.keras.optimizers.Adam(config.hash_learning_rate),
        loss={"codes": loss},
        metrics={"codes": watched},
        steps_per_execution=length,
        jit_compile=False,
    )
    rows = [{"epoch": 0, **task.evaluate(_encode(codes, task)), "margin1": margin1}]
    for first in range(0, config.hash_epochs, config.remine):
        if first:
            triplets, margin1 = mine(first)
        last = min(first + config.remine, config.hash_epochs)
        margins = np.full(len(triplets), margin1, np.float32)
        batches = _batches(features[triplets], margins, config, first, last)
        logs = _fit_round(model, batches, first, last, length)
        rows.append(
            {
                "epoch": last,
                **task.evaluate(_encode(codes, task)),
                "margin1": margin1,
                **{key.removeprefix("codes_"): values[-1] for key, values in logs.items()},
            }
        )
    return _result(codes, task, rows, start)


def train_cross_entropy(task: HeadTask, config: HashSettings, every: int) -> Arrays:
    """Trains a hash layer under a classifier: Dense(bits) + tanh, Dense(classes), cross-entropy.

    Same features, pictures, optimizer, batch and epochs as the triplet heads, and the same start.

    Args:
        every: epochs between two values of the history.

    Returns:
        As :func:`train_triplet`; the history has ``epoch``, ``loss``, and what the task evaluates.
    """
    start = time.monotonic()
    features, labels = task.inputs[task.fit], task.labels[task.fit]
    tf.keras.utils.set_random_seed(config.seed)
    codes = HashLayer(config.bits, config.hash_activation, name="codes")
    inputs = tf.keras.Input(features.shape[1:], name="features")
    # The hash layer first: a layer made before it would take the first draw of the seed.
    hidden = codes(inputs)
    logits = tf.keras.layers.Dense(task.num_classes, dtype="float32", name="logits")(hidden)
    model = tf.keras.Model(inputs, logits)
    length = order.steps_per_epoch(len(features), config.batch_size)
    model.compile(
        optimizer=tf.keras.optimizers.Adam(config.hash_learning_rate),
        loss={"logits": tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)},
        steps_per_execution=length,
        jit_compile=False,
    )
    rows = [{"epoch": 0, **task.evaluate(_encode(codes, task))}]
    for first in range(0, config.hash_epochs, every):
        last = min(first + every, config.hash_epochs)
        batches = _batches(features, labels, config, first, last)
        logs = _fit_round(model, batches, first, last, length)
        rows.append(
            {
                "epoch": last,
                **task.evaluate(_encode(codes, task)),
                "loss": logs["loss"][-1],
            }
        )
    return _result(codes, task, rows, start)


def history(head: Arrays) -> Arrays:
    """The history of a trained head, an array a figure."""
    return {
        key.removeprefix("history_"): column
        for key, column in head.items()
        if key.startswith("history_")
    }


def _batches(
    inputs: np.ndarray, targets: np.ndarray, config: HashSettings, first: int, last: int
) -> tf.data.Dataset:
    """Batches for epochs ``first .. last - 1``, each in an order of its own."""
    count = len(inputs)
    batch = min(config.batch_size, count)
    used = order.steps_per_epoch(count, config.batch_size) * batch
    epochs = [order.shuffled(count, config.seed, epoch)[:used] for epoch in range(first, last)]
    rows = np.concatenate(epochs)
    dataset = tf.data.Dataset.from_tensor_slices((inputs[rows], targets[rows]))
    return dataset.batch(batch, drop_remainder=True)


def _fit_round(
    model: tf.keras.Model, batches: tf.data.Dataset, first: int, last: int, length: int
) -> dict[str, list[float]]:
    """Epochs ``first .. last - 1`` on the same compiled model; their logs."""
    logs: dict[str, list[float]] = model.fit(
        batches,
        initial_epoch=first,
        epochs=last,
        steps_per_epoch=length,
        shuffle=False,
        verbose=0,
    ).history
    require(
        bool(np.isfinite(logs["loss"]).all()),
        f"stage 2 diverged before epoch {last}: lower --hash-learning-rate, in another --run-dir",
    )
    return logs


def _encode(codes: HashLayer, task: HeadTask) -> np.ndarray:
    return np.asarray(codes(task.inputs))


def _result(codes: HashLayer, task: HeadTask, rows: list[dict[str, float]], start: float) -> Arrays:
    kernel, bias = codes.get_weights()
    if task.standardize:
        # (x - mean) / scale in front of the layer is the same as these weights without it.
        kernel = kernel / task.scaler.scale_[:, None]
        bias = bias - task.scaler.mean_ @ kernel
        codes.set_weights([kernel.astype(np.float32), bias.astype(np.float32)])
        kernel, bias = codes.get_weights()
    keys = sorted({key for row in rows for key in row})
    columns = {f"history_{key}": [row.get(key, np.nan) for row in rows] for key in keys}
    return {
        "codes": codes(task.features).numpy(),
        "kernel": kernel,
        "bias": bias,
        "seconds": time.monotonic() - start,
        **columns,
    }
