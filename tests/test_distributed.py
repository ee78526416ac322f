"""What ``fit`` by several workers leaves alone where there is one; how several train,
``tests/recipes/test_several_workers.py`` holds."""

import dataclasses

import numpy as np
import tensorflow as tf

from tfretrieval import distributed
from tfretrieval.workers import ALONE


def test_one_process_is_alone_and_fits_as_ever(eager_training):
    model = tf.keras.Sequential([tf.keras.Input((2,)), tf.keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    assert distributed.workers_of(model) is distributed.workers_of(tf.distribute.get_strategy())
    assert distributed.workers_of(model) is ALONE
    batches = tf.data.Dataset.from_tensors((np.ones([3, 2]), np.ones([3, 1])))
    assert len(distributed.fit(model, batches, epochs=2, verbose=0).history["loss"]) == 2


def test_one_process_begins_with_one_device():
    assert distributed.begin(step=7, gpus=0) is tf.distribute.get_strategy()


def test_a_training_is_done_once_by_one_and_twice_by_several(monkeypatch):
    @dataclasses.dataclass(frozen=True)
    class Run:
        strategy: str

    seen = []
    train = distributed.together(lambda run, name: seen.append((run.strategy, name)))
    train(Run("own"), "a")
    assert seen == [("own", "a")]
    monkeypatch.setenv(
        "TF_CONFIG",
        '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 0}}',
    )
    monkeypatch.setattr(distributed, "strategy", lambda: "of all")
    train(Run("own"), name="b")
    assert seen[1:] == [("of all", "b"), ("own", "b")]
