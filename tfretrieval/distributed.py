"""``fit`` by several workers: the same numbers as one process with the same global batch."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
import tensorflow as tf

from tfretrieval.worker_watch import FITTING, WORKING, Watch
from tfretrieval.workers import ALONE, Workers, WorkersError, from_environment

_Training = TypeVar("_Training", bound=Callable[..., Any])


@functools.cache
def strategy() -> tf.distribute.Strategy:
    """The strategy of the workers of ``TF_CONFIG``, the same one for all of this process; it waits
    until all have begun.

    TensorFlow wants it before any operation of the process.
    """
    return tf.distribute.MultiWorkerMirroredStrategy()


def begin(step: int, gpus: int) -> tf.distribute.Strategy:
    """Meets the other workers of ``TF_CONFIG``, where there are any: before any operation.

    Args:
        step: pictures or tuples of a training step of all together.
        gpus: of this machine.

    Returns:
        The strategy of what this process does by itself; of a single one, on all of its GPUs.

    Raises:
        WorkersError: a step that does not divide among them.
    """
    if (workers := from_environment()).several:
        workers.share(np.arange(step), axis=0)
        print(f"{workers.named(workers.index)} of {len(workers.names)}", flush=True)
        strategy()
    several = gpus > 1 and not workers.several
    return tf.distribute.MirroredStrategy() if several else tf.distribute.get_strategy()


def workers_of(model_or_strategy: Any) -> Workers:
    """The workers that a strategy, or that of a model, trains with: this process alone but for
    ``strategy()``.

    >>> workers_of(tf.distribute.get_strategy()).several
    False
    """
    of = getattr(model_or_strategy, "distribute_strategy", model_or_strategy)
    several = isinstance(of, tf.distribute.MultiWorkerMirroredStrategy)
    return from_environment() if several else ALONE


def together(train: _Training) -> _Training:
    """A training ``train(opened, ...)``, resumed from the file of its checkpoint, by all workers.

    They train it in the scope of ``strategy()``, and the chief writes the file. Then each goes on
    as after a training that was finished before: it builds the model for itself, outside of that
    scope, where nothing waits for another worker, and reads its weights.

    Args:
        train: of a dataclass that has a ``strategy``, and builds its model and checkpoint in the
            scope of that.
    """

    @functools.wraps(train)
    def by_all(opened: Any, *arguments: Any, **options: Any) -> Any:
        if from_environment().several:
            train(dataclasses.replace(opened, strategy=strategy()), *arguments, **options)
        return train(opened, *arguments, **options)

    return cast(_Training, by_all)


def fit(model: tf.keras.Model, batches: tf.data.Dataset, **options: Any) -> Any:
    """``model.fit(batches, **options)``; a model in the scope of ``strategy()`` is trained by all
    workers, each with batches that are its own share.

    Batch normalisation then takes its statistics over the batch of all. What Keras 3.15 lacks for
    several workers is mended for the model.

    Raises:
        WorkersError: several workers and steps an execution on Keras 3.
    """
    workers = workers_of(model)
    if not workers.several:
        return model.fit(batches, **options)
    _synchronize(model)
    if hasattr(model, "_maybe_symbolic_build"):
        if model.steps_per_execution != 1:
            raise WorkersError(
                "Keras 3 cannot run several steps at a time on several workers: compile with "
                "steps_per_execution=1"
            )
        _mend(model, batches)
    watch = Watch.current
    if watch is not None:
        batches = batches.map(functools.partial(_counted, watch))
        watch.state = FITTING
    shares = model.distribute_strategy.distribute_datasets_from_function(lambda context: batches)
    try:
        return model.fit(shares, **options)
    finally:
        if watch is not None:
            watch.state = WORKING


def _synchronize(model: tf.keras.Model) -> None:
    """Batch statistics of all workers."""
    for layer in model._flatten_layers():
        if isinstance(layer, tf.keras.layers.BatchNormalization):
            layer.synchronized = True
            # Keras 2: the one fast operation knows no other worker.
            layer.fused = False


def _mend(model: tf.keras.Model, batches: tf.data.Dataset) -> None:
    """Keras 3.15.1 takes means over workers that fail: of a batch, to build the model from, and of
    a step's numbers, over their first axis, which they lack."""
    with model.distribute_strategy.scope():
        model._symbolic_build(data_batch=next(iter(batches)))
    model._maybe_symbolic_build = lambda iterator=None, data_batch=None: None
    step = type(model).train_step.__get__(model)

    def train_step(data: Any) -> dict[str, tf.Tensor]:
        return {name: tf.reshape(value, [1]) for name, value in step(data).items()}

    model.train_step = train_step


def _counted(watch: Watch, *batch: Any) -> Any:
    """A batch, told to the watch when it is taken."""

    def count() -> np.int64:
        watch.took_batch()
        return np.int64(0)

    done = tf.numpy_function(count, [], tf.int64)
    with tf.control_dependencies([done]):
        return tf.nest.map_structure(tf.identity, batch)
