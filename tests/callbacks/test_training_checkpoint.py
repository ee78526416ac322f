"""A training that is killed and goes on, on one device and on two replicas."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tfretrieval.callbacks import TrainingCheckpoint

X = np.random.default_rng(0).standard_normal((16, 3)).astype(np.float32)


def train(path, epochs, until=None):
    """Weights after ``epochs``; the process ends after epoch ``until``, as if killed."""
    tf.keras.utils.set_random_seed(0)
    strategy = tf.distribute.get_strategy()
    if len(tf.config.list_logical_devices("CPU")) > 1:
        strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
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


def killed_and_resumed_equals_whole(folder):
    whole, _ = train(Path(folder) / "whole.npz", 4)
    train(Path(folder) / "killed.npz", 4, until=2)
    resumed, history = train(Path(folder) / "killed.npz", 4)
    assert len(history["loss"]) == len(history["seconds"]) == 4
    for one, other in zip(resumed, whole, strict=True):
        np.testing.assert_array_equal(one, other)


def test_killed_and_resumed_it_equals_the_whole(tmp_path):
    killed_and_resumed_equals_whole(tmp_path)


def test_on_two_replicas_too(tmp_path):
    """Slots that were built outside the strategy's scope would be shared by the replicas."""
    script = (
        "import sys, tensorflow as tf\n"
        "cpu = tf.config.list_physical_devices('CPU')[0]\n"
        "two = [tf.config.LogicalDeviceConfiguration()] * 2\n"
        "tf.config.set_logical_device_configuration(cpu, two)\n"
        "from tests.callbacks.test_training_checkpoint import killed_and_resumed_equals_whole\n"
        "killed_and_resumed_equals_whole(sys.argv[1])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert done.returncode == 0, done.stderr[-2000:]


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
