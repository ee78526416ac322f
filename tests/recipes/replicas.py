"""A training on two replicas, in a process of its own: killed and resumed it equals the whole."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]


def check_resumes(module: str, folder: Path) -> None:
    """Holds ``train_on(strategy, folder)`` of a test module, which returns weights, to that."""
    apart(f"from tests.recipes.replicas import compare; compare({module!r}, {str(folder)!r})")


def apart(script: str) -> None:
    """Runs a script in a process of its own: one can be divided into replicas only at its start."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "2"},
    )
    assert done.returncode == 0, done.stderr[-3000:]


def two_replicas():
    """A strategy of two replicas on the CPU, before anything else is computed."""
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


def compare(module: str, folder: str) -> None:
    strategy = two_replicas()
    from tfretrieval.callbacks import TrainingCheckpoint as Checkpoint

    train_on = importlib.import_module(module).train_on
    Checkpoint.INTERVAL = 0.0
    end = Checkpoint.on_epoch_end
    killed: dict[Path, bytes] = {}

    def end_and_keep(self, epoch, logs=None):
        """All that a training leaves that is killed when its first epoch has ended is a file."""
        end(self, epoch, logs)
        if epoch == 0:
            killed[self.path] = self.path.read_bytes()

    Checkpoint.on_epoch_end = end_and_keep
    whole = train_on(strategy, Path(folder))
    [(path, content)] = killed.items()
    assert path.read_bytes() != content
    path.write_bytes(content)
    resumed = train_on(strategy, Path(folder))
    for one, other in zip(resumed, whole, strict=True):
        np.testing.assert_array_equal(one, other)
