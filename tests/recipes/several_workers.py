"""A training by several workers on this machine, each a process of its own.

``python -m tests.recipes.several_workers FOLDER`` is one of them; alone, where ``TF_CONFIG`` is not
set.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np

from benchmarks.workers import loopback

ROOT = Path(__file__).parents[2]
EPOCHS, BATCH = 3, 6
# Seconds after which a worker that is not heard of ends the others.
SILENCE = 15.0


def start(folder, count, fate=""):
    """Starts some workers; the last one gets a signal at the end of an epoch: ``"SIGSTOP 0"``."""
    names, configs = loopback(count)
    started = []
    for index, config in enumerate(configs):
        environment = {
            **os.environ,
            "TF_CONFIG": config,
            "PYTHONPATH": str(ROOT),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "FATE": fate if index == count - 1 else "",
        }
        command = [sys.executable, "-m", "tests.recipes.several_workers", str(folder)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        started.append(subprocess.Popen(command, cwd=ROOT, env=environment, **pipes))
    return started, names


def weights_of(folder, count):
    """What every worker holds after a training that nothing disturbs."""
    started, _ = start(folder, count)
    told = [one.communicate(timeout=240)[0] for one in started]
    assert [one.returncode for one in started] == [0] * count, told[0][-3000:] + told[-1][-3000:]
    found = []
    for index in range(count):
        with np.load(folder / f"weights-{index}.npz") as file:
            found.append([file[name] for name in file.files])
    return found


def train(folder):
    """Weights after stage 1 of a small network on drawn pictures."""
    import tensorflow as tf

    import tfretrieval as tfr
    from recipes.common.settings import HashSettings
    from recipes.common.training import train_classifier
    from tests.recipes.opening import opened

    config = HashSettings(
        dataset="folder",
        data_dir=str(folder.parent / "pictures"),
        image_size=16,
        epochs=EPOCHS,
        batch_size=BATCH,
        weights="none",
    )
    run = opened(config, folder)

    def build():
        image = tf.keras.Input((16, 16, 3), name="image")
        x = tf.keras.layers.Rescaling(1 / 255)(image)
        x = tf.keras.layers.Conv2D(4, 3, strides=4, use_bias=False, name="conv")(x)
        x = tf.keras.layers.BatchNormalization(momentum=0.9, name="norm")(x)
        x = tf.keras.layers.ReLU()(x)
        return tfr.models.classifier(tf.keras.Model(image, x), run.data.num_classes)

    model, history = train_classifier(run, run.data.records, run.data.fit, "small", build)
    return [*model.get_weights(), history["loss"]]


def main(folder):
    from tfretrieval.callbacks import TrainingCheckpoint
    from tfretrieval.worker_watch import Watch, watched
    from tfretrieval.workers import from_environment

    Watch.SILENCE = SILENCE
    fate, end = os.environ["FATE"], TrainingCheckpoint.on_epoch_end

    def end_or_not(self, epoch, logs=None):
        if fate and epoch == int(fate.split()[1]):
            os.kill(os.getpid(), signal.Signals[fate.split()[0]])
        end(self, epoch, logs)

    TrainingCheckpoint.on_epoch_end = end_or_not
    with watched(folder):
        weights = train(folder)
    np.savez(folder / f"weights-{from_environment().index}.npz", *weights)
    # TensorFlow 2.15 waits half a minute for a thread of its own that sleeps.
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
