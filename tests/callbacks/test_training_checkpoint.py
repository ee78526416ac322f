"""A training that is killed and goes on, on one device and on two replicas."""

import numpy as np
import pytest
import tensorflow as tf

from tests.replicas import on_two_replicas
from tfretrieval.callbacks import TrainingCheckpoint

X = np.random.default_rng(0).standard_normal((16, 3)).astype(np.float32)


def train(path, epochs, until=None, strategy=None):
    """Weights after ``epochs``; the process ends after epoch ``until``, as if killed."""
    tf.keras.utils.set_random_seed(0)
    with (strategy or tf.distribute.get_strategy()).scope():
        model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)])
        model.compile(tf.keras.optimizers.AdamW(0.1), "mse", jit_compile=False)
        checkpoint = TrainingCheckpoint(path, model, epochs)
    checkpoint.INTERVAL = 0.0
    batches = tf.data.Dataset.from_tensor_slices((X, X[:, :2])).batch(8)
    model.fit(
        batches,
        initial_epoch=checkpoint.epoch,
        epochs=until or epochs,
        shuffle=False,
        verbose=0,
        callbacks=[checkpoint],
    )
    return model.get_weights(), checkpoint.history


def killed_and_resumed_equals_whole(strategy, folder):
    whole, _ = train(folder / "whole.npz", 4, strategy=strategy)
    train(folder / "killed.npz", 4, until=2, strategy=strategy)
    resumed, history = train(folder / "killed.npz", 4, strategy=strategy)
    assert len(history["loss"]) == len(history["seconds"]) == 4
    for one, other in zip(resumed, whole, strict=True):
        np.testing.assert_array_equal(one, other)


def test_killed_and_resumed_it_equals_the_whole(tmp_path):
    killed_and_resumed_equals_whole(tf.distribute.get_strategy(), tmp_path)


def test_on_two_replicas_too(tmp_path):
    """Slots that were built outside the strategy's scope would be shared by the replicas."""
    on_two_replicas(killed_and_resumed_equals_whole, tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04"], ids=["empty", "cut"])
def test_a_damaged_file_is_named(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(ValueError, match="a.npz is damaged or of another model: delete it"):
        train(tmp_path / "a.npz", 2)


def test_the_file_of_another_model_is_refused(tmp_path):
    train(tmp_path / "a.npz", 1)
    model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(5)])
    model.compile("sgd", "mse", jit_compile=False)
    with pytest.raises(ValueError, match="of another model"):
        TrainingCheckpoint(tmp_path / "a.npz", model, 2)


def test_a_loss_that_is_no_number_stops_the_training(tmp_path):
    model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)])
    model.compile("sgd", "mse", jit_compile=False)
    checkpoint = TrainingCheckpoint(tmp_path / "a.npz", model, 2)
    with pytest.raises(FloatingPointError, match="diverged in epoch 2"):
        checkpoint.on_epoch_end(1, {"loss": float("nan")})
    assert not list(tmp_path.iterdir())
