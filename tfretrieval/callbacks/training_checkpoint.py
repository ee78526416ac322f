"""A training that goes on where it was killed."""

from __future__ import annotations

import json
import math
import time
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfretrieval import files
from tfretrieval.compat import optimizer_variables
from tfretrieval.distributed import workers_of


class TrainingCheckpoint(tf.keras.callbacks.Callback):
    """Writes weights, optimizer and history after an epoch, as one file that appears whole.

    Keras's own ``BackupAndRestore`` tells the epoch only once ``fit`` has begun, too late for a
    data set that starts at it. Here it is known before::

        checkpoint = TrainingCheckpoint(path, model, epochs)
        model.fit(batches(checkpoint.epoch), initial_epoch=checkpoint.epoch, epochs=epochs,
                  callbacks=[checkpoint])

    The optimizer's state is built in the scope in which the callback is made. Make it in the scope
    of the model's strategy: outside of it all replicas would share one set of slots and update it
    once each.

    Of several workers (:func:`tfretrieval.distributed.fit`) the chief writes, after every epoch,
    and all restore from its file; when the last epoch has ended, they have seen it.

    Args:
        path: of the file, ``.npz``.
        model: compiled; gets the state of the file when there is one.
        epochs: of the whole training.

    Attributes:
        epoch: how many are done.
        history: the logs of every epoch, an array a figure, and ``seconds``.

    Raises:
        ValueError: the file is damaged, or belongs to another model.
        FloatingPointError: in training, when the loss is no number any more.
    """

    # Seconds between two files, so that short epochs are not spent writing.
    INTERVAL = 10.0

    def __init__(self, path: str | Path, model: tf.keras.Model, epochs: int):
        super().__init__()
        self.path, self.epochs = Path(path), epochs
        self.epoch = 0
        self.rows: list[dict[str, float]] = []
        self.optimizer = model.optimizer
        self.workers = workers_of(model)
        if self.path.exists():
            self._restore(model)
        self.began = self.written = time.monotonic()

    @property
    def history(self) -> dict[str, np.ndarray]:
        return {key: np.array([row[key] for row in self.rows]) for key in self.rows[0]}

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        now = time.monotonic()
        if not math.isfinite(logs["loss"]):
            raise FloatingPointError(f"training diverged in epoch {epoch + 1}")
        row = {name: float(value) for name, value in logs.items()}
        if "logits_accuracy" in row:
            # With one output Keras 3 puts its name before the metric's, Keras 2 does not.
            row["accuracy"] = row.pop("logits_accuracy")
        self.rows.append({**row, "seconds": now - self.began})
        self.began = now
        self.epoch = epoch + 1
        due = self.epoch == self.epochs or now - self.written > self.INTERVAL
        # Clocks differ, and reading the weights of several workers takes all of them.
        if due or self.workers.several:
            self._write()
            self.written = time.monotonic()

    def _write(self) -> None:
        weights = {f"weight_{i}": w for i, w in enumerate(self.model.get_weights())}
        optimizer = {
            f"optimizer_{i}": tf.convert_to_tensor(v).numpy()
            for i, v in enumerate(optimizer_variables(self.optimizer))
        }
        if self.workers.is_chief:
            with files.writing(self.path) as partial, open(partial, "wb") as stream:
                np.savez(stream, rows=json.dumps(self.rows), **weights, **optimizer)
        while not self.workers.is_chief and self.epoch == self.epochs > self._written_epochs():
            time.sleep(0.2)

    def _written_epochs(self) -> int:
        try:
            with np.load(self.path) as file:
                return len(json.loads(str(file["rows"])))
        except FileNotFoundError:
            return 0

    def _restore(self, model: tf.keras.Model) -> None:
        self.optimizer.build(model.trainable_variables)
        try:
            with np.load(self.path) as file:
                arrays = dict(file)
            model.set_weights([arrays[f"weight_{i}"] for i in range(len(model.get_weights()))])
            for i, variable in enumerate(optimizer_variables(self.optimizer)):
                variable.assign(arrays[f"optimizer_{i}"])
            self.rows = json.loads(str(arrays["rows"]))
        except (EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error) as error:
            raise ValueError(
                f"{self.path} is damaged or of another model: delete it, and training begins anew"
            ) from error
        self.epoch = len(self.rows)
