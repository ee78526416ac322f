"""Stage 1: softmax cross-entropy, resumable after every epoch; then features, computed once."""

import json
import math
import time
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from data_pipelines import order, steps
from data_pipelines.augment import Augmentation
from recipes.common import session
from recipes.common.cli import require
from recipes.common.data import Experiment
from recipes.common.run_folder import RunFolder
from recipes.common.saliency import WHOLE, View
from tfretrieval.compat import optimizer_variables


def train_classifier(
    name: str,
    build: Callable[[], tf.keras.Model],
    config,
    experiment: Experiment,
    folder: RunFolder,
    strategy: tf.distribute.Strategy,
    view: View = WHOLE,
) -> tuple[tf.keras.Model, dict[str, np.ndarray]]:
    """Trains a classifier with ``compile`` and ``fit``.

    The order and the augmentation of an epoch come from its number and the checkpoint holds
    weights and optimizer, so a killed run continues to the same numbers.

    Returns:
        The trained model, and its history: ``loss`` and ``accuracy`` an epoch, ``seconds``.
    """
    records, indices = experiment.data.records, experiment.fit
    length = order.steps_per_epoch(len(indices), config.batch_size)
    tf.keras.utils.set_random_seed(config.seed)
    with strategy.scope():
        model = build()
        schedule = tf.keras.optimizers.schedules.CosineDecay(
            config.learning_rate, config.epochs * length
        )
        model.compile(
            optimizer=tf.keras.optimizers.AdamW(schedule, weight_decay=config.weight_decay),
            loss={"logits": tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)},
            metrics={"logits": ["accuracy"]},
            jit_compile=False,
        )
    checkpoint = Checkpoint(folder, f"{name}/stage1", model, config.epochs)
    if checkpoint.epoch < config.epochs:
        print(f"{name}: stage 1, epoch {checkpoint.epoch} of {config.epochs} done", flush=True)
        batches = steps.train_batches(
            records,
            indices,
            image_size=config.image_size,
            batch_size=config.batch_size,
            seed=config.seed,
            first_epoch=checkpoint.epoch,
            epochs=config.epochs,
            augment=augmentation(config),
            boxes=view.boxes,
            masks=view.masks,
        )
        model.fit(
            batches,
            initial_epoch=checkpoint.epoch,
            epochs=config.epochs,
            steps_per_epoch=length,
            shuffle=False,
            callbacks=[checkpoint],
            verbose=session.verbosity(),
        )
    return model, checkpoint.history


def augmentation(config) -> Augmentation:
    """The random views of stage 1."""
    return Augmentation(
        area=(config.crop_area, 1.0),
        flip=config.flip,
        brightness=config.colour,
        contrast=config.colour,
        saturation=config.colour,
    )


class Checkpoint(tf.keras.callbacks.Callback):
    """Writes weights, optimizer and history after an epoch, as one file that appears whole.

    Keras's own ``BackupAndRestore`` tells the epoch only once ``fit`` has begun, too late for a
    data set that starts at it.

    Args:
        folder: of the run.
        name: of the file in it.
        model: compiled; gets the state of the file when there is one.
        epochs: of the whole training.
    """

    # Seconds between two files, so that short epochs are not spent writing.
    INTERVAL = 10.0

    def __init__(self, folder: RunFolder, name: str, model: tf.keras.Model, epochs: int):
        super().__init__()
        self.folder, self.name, self.epochs = folder, name, epochs
        self.epoch = 0
        self.rows: list[dict[str, float]] = []
        self.optimizer = model.optimizer
        if (folder / f"{name}.npz").exists():
            self._restore(model)
        self.began = self.written = time.monotonic()

    @property
    def history(self) -> dict[str, np.ndarray]:
        return {key: np.array([row[key] for row in self.rows]) for key in self.rows[0]}

    def on_epoch_end(self, epoch, logs=None):
        now = time.monotonic()
        require(
            math.isfinite(logs["loss"]),
            f"stage 1 diverged in epoch {epoch + 1}: lower --learning-rate, in another --run-dir",
        )
        # One output: Keras 3 puts its name before the metric's, Keras 2 does not.
        row = {name.removeprefix("logits_"): float(value) for name, value in logs.items()}
        self.rows.append({**row, "seconds": now - self.began})
        self.began = now
        self.epoch = epoch + 1
        if self.epoch == self.epochs or now - self.written > self.INTERVAL:
            self._write()
            self.written = time.monotonic()

    def _write(self):
        weights = {f"weight_{i}": w for i, w in enumerate(self.model.get_weights())}
        optimizer = {
            f"optimizer_{i}": tf.convert_to_tensor(v).numpy()
            for i, v in enumerate(optimizer_variables(self.optimizer))
        }
        with self.folder.writing(f"{self.name}.npz") as partial, open(partial, "wb") as stream:
            np.savez(stream, rows=json.dumps(self.rows), **weights, **optimizer)

    def _restore(self, model):
        self.optimizer.build(model.trainable_variables)
        with np.load(self.folder / f"{self.name}.npz") as file:
            model.set_weights([file[f"weight_{i}"] for i in range(len(model.get_weights()))])
            for i, variable in enumerate(optimizer_variables(self.optimizer)):
                variable.assign(file[f"optimizer_{i}"])
            self.rows = json.loads(str(file["rows"]))
        self.epoch = len(self.rows)


def cached_features(
    name: str,
    classifier: tf.keras.Model,
    config,
    experiment: Experiment,
    folder: RunFolder,
    view: View = WHOLE,
) -> dict[str, np.ndarray]:
    """Features and logits of every picture, in one pass of the frozen network.

    Returns:
        ``features`` float32 ``[N, D]``, ``logits`` ``[N, classes]``, ``seconds`` of the pass.
    """

    def compute():
        outputs = [classifier.get_layer("features").output, classifier.output]
        network = tf.keras.Model(classifier.input, outputs)
        records = experiment.data.records
        batches = steps.eval_batches(
            records,
            np.arange(len(records)),
            image_size=config.image_size,
            batch_size=config.batch_size,
            boxes=view.boxes,
            masks=view.masks,
        )
        print(f"{name}: features of {len(records)} pictures", flush=True)
        start = time.monotonic()
        images = batches.map(lambda image, label: image)
        features, logits = network.predict(images, verbose=session.verbosity())
        seconds = time.monotonic() - start
        return {"features": features.astype(np.float32), "logits": logits, "seconds": seconds}

    return folder.step(f"{name}/features", compute)
