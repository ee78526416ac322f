"""Stage 2: hash layers trained on cached features, by triplets or by cross-entropy."""

import dataclasses
import functools
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from data_pipelines import order
from data_pipelines.standardized import Standardized, blocks
from recipes.common import measure
from recipes.common.cli import require
from recipes.common.data import Divided
from recipes.common.settings import HashSettings, MiningSettings
from tfretrieval import metrics
from tfretrieval.layers import HashLayer
from tfretrieval.losses import AdaptiveTripletLoss, TripletLoss
from tfretrieval.mining import all_pairs_margin, hard_triplets, mined_margin

Arrays = dict[str, Any]
# Rows of the features, the targets, and figures for the curves.
Examples = tuple[np.ndarray, np.ndarray, dict[str, float]]


@dataclasses.dataclass(frozen=True, eq=False)
class HeadTask:
    """What every head of a network shares: features, who trains, and how a round is measured.

    Attributes:
        features: float32 ``[N, D]`` of all pictures.
        labels: int32 ``[N]``.
        fit: indices of the pictures that are trained and mined on.
        num_classes: of the data set.
        standardize: train on features of mean 0 and variance 1 over the pictures of ``fit``: pooled
            ReLU features are positive, so that most bits would start the same for all pictures. The
            trained layer is handed out for the features as they are.
        evaluate: figures of the codes of all pictures, for the curves.
    """

    features: np.ndarray
    labels: np.ndarray
    fit: np.ndarray
    num_classes: int
    standardize: bool
    evaluate: Callable[[np.ndarray], dict[str, float]]

    @functools.cached_property
    def inputs(self) -> Standardized:
        """What the hash layer is trained on, float32 ``[N, D]``."""
        return Standardized(self.features, self.fit, self.standardize)


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
        scope: what margin1 averages: the ``mined`` triplets, or ``all_pairs``. It is handed to
            the loss, which may have one of its own, and logged.

    Returns:
        ``codes`` float32 ``[N, bits]``, ``kernel``, ``bias``, ``seconds``, and a history with one
        value a round, the first before any triplet step: ``epoch``, ``margin1``, what the task
        evaluates, and of the triplets seen in the round ``loss``, ``d_ap``, ``d_an``, ``gap``,
        ``gaps_above``, ``active_triplets`` (NaN before the first).
    """
    labels = task.labels[task.fit]
    tf.keras.utils.set_random_seed(config.seed)
    codes = HashLayer(config.bits, config.hash_activation, name="codes")
    inputs = tf.keras.Input((3, task.features.shape[1]), name="features")
    squared = loss.squared
    margin = "given" if isinstance(loss, AdaptiveTripletLoss) else loss.margin

    def mine(epoch: int) -> Examples:
        embeddings = task.inputs.through(codes, task.fit)
        triplets = hard_triplets(embeddings, labels, config.beta, seed=[config.seed, epoch])
        if scope == "all_pairs":
            margin1 = float(all_pairs_margin(embeddings, labels, squared))
        else:
            margin1 = float(mined_margin(embeddings, triplets, squared))
        return triplets, np.full(len(triplets), margin1, np.float32), {"margin1": margin1}

    return _train(
        task,
        config,
        codes,
        tf.keras.Model(inputs, codes(inputs)),
        loss,
        [
            metrics.PositiveDistance(squared=squared),
            metrics.NegativeDistance(squared=squared),
            metrics.Gap(squared=squared),
            metrics.GapsAbove(config.gap_target, squared=squared),
            metrics.ActiveTriplets(margin, squared=squared),
        ],
        config.remine,
        mine,
    )


def train_cross_entropy(task: HeadTask, config: HashSettings, every: int) -> Arrays:
    """Trains a hash layer under a classifier: Dense(bits) + tanh, Dense(classes), cross-entropy.

    Same features, pictures, optimizer, batch and epochs as the triplet heads, and the same start.

    Args:
        every: epochs between two values of the history.

    Returns:
        As :func:`train_triplet`; the history has ``epoch``, ``loss``, and what the task evaluates.
    """
    tf.keras.utils.set_random_seed(config.seed)
    codes = HashLayer(config.bits, config.hash_activation, name="codes")
    inputs = tf.keras.Input(task.features.shape[1:], name="features")
    # The hash layer first: a layer made before it would take the first draw of the seed.
    hidden = codes(inputs)
    logits = tf.keras.layers.Dense(task.num_classes, dtype="float32", name="logits")(hidden)
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    every_picture = np.arange(len(task.fit)), task.labels[task.fit], dict[str, float]()
    model = tf.keras.Model(inputs, logits)
    return _train(task, config, codes, model, loss, [], every, lambda epoch: every_picture)


def _train(
    task: HeadTask,
    config: HashSettings,
    codes: HashLayer,
    model: tf.keras.Model,
    loss: tf.keras.losses.Loss,
    watched: list[tf.keras.metrics.Metric],
    every: int,
    examples: Callable[[int], Examples],
) -> Arrays:
    """Rounds of ``every`` epochs on one compiled model, evaluated before the first and after each;
    ``examples`` gives what is learned from, of a round's first epoch."""
    start = time.monotonic()
    gather, every_row = task.inputs.gather(task.fit), np.arange(len(task.features))
    rows, targets, figures = examples(0)
    length = order.steps_per_epoch(len(rows), config.batch_size)
    output = model.output_names[0]
    model.compile(
        optimizer=tf.keras.optimizers.Adam(config.hash_learning_rate),
        loss={output: loss},
        metrics={output: watched},
        steps_per_execution=length,
        jit_compile=False,
    )
    curves = [{"epoch": 0, **task.evaluate(task.inputs.through(codes, every_row)), **figures}]
    for first in range(0, config.hash_epochs, every):
        if first:
            rows, targets, figures = examples(first)
        last = min(first + every, config.hash_epochs)
        logs = model.fit(
            _batches(gather, rows, targets, config, first, last),
            initial_epoch=first,
            epochs=last,
            steps_per_epoch=length,
            shuffle=False,
            verbose=0,
        ).history
        require(
            bool(np.isfinite(logs["loss"]).all()),
            f"stage 2 diverged before epoch {last}: lower --hash-learning-rate, in another "
            "--run-dir",
        )
        seen = {key.removeprefix(f"{output}_"): values[-1] for key, values in logs.items()}
        evaluated = task.evaluate(task.inputs.through(codes, every_row))
        curves.append({"epoch": last, **evaluated, **figures, **seen})
    return _result(codes, task, curves, start)


def history(head: Arrays) -> Arrays:
    """The history of a trained head, an array a figure."""
    return {
        key.removeprefix("history_"): column
        for key, column in head.items()
        if key.startswith("history_")
    }


def _batches(
    gather: Callable[[tf.Tensor], tf.Tensor],
    rows: np.ndarray,
    targets: np.ndarray,
    config: HashSettings,
    first: int,
    last: int,
) -> tf.data.Dataset:
    """Batches for epochs ``first .. last - 1``, each in an order of its own.

    Features are gathered a batch at a time: those of all triplets would be three times all.
    """
    batch = min(config.batch_size, len(rows))
    used = order.steps_per_epoch(len(rows), config.batch_size) * batch
    epochs = [order.shuffled(len(rows), config.seed, epoch)[:used] for epoch in range(first, last)]
    taken = np.concatenate(epochs).reshape(-1, batch)
    batches = tf.data.Dataset.from_tensor_slices((rows[taken], targets[taken]))
    return batches.map(lambda wanted, target: (gather(wanted), target))


def _result(codes: HashLayer, task: HeadTask, rows: list[dict[str, float]], start: float) -> Arrays:
    kernel, bias = codes.get_weights()
    if task.standardize:
        # (x - mean) / scale in front of the layer is the same as these weights without it.
        kernel = kernel / task.inputs.scaler.scale_[:, None]
        bias = bias - task.inputs.scaler.mean_ @ kernel
        codes.set_weights([kernel.astype(np.float32), bias.astype(np.float32)])
        kernel, bias = codes.get_weights()
    keys = sorted({key for row in rows for key in row})
    columns = {f"history_{key}": [row.get(key, np.nan) for row in rows] for key in keys}
    return {
        "codes": np.concatenate([codes(part).numpy() for part in blocks(task.features)]),
        "kernel": kernel,
        "bias": bias,
        "seconds": time.monotonic() - start,
        **columns,
    }
