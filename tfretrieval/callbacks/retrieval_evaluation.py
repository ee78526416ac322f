"""mAP of binary codes after an epoch, in ``logs`` like any other validation figure."""

from typing import Any

import numpy as np
import tensorflow as tf

from tfretrieval.evaluation import HammingRetrieval, hamming_retrieval


class RetrievalEvaluation(tf.keras.callbacks.Callback):
    """Encodes queries and database at the end of an epoch and writes the tie-aware mAP to ``logs``.

    The figure, ``val_map``, then stands in ``History`` and in the progress bar, and callbacks that
    come later in the list can monitor it (``mode="max"``). Epochs that are not evaluated have no
    entry. What the number means is in ``result.definition``. Do not choose a checkpoint by it on
    the queries that a table reports: hold out a part of the training set.

    Args:
        query: ``(inputs, labels)`` arrays, or a ``tf.data.Dataset`` (or another collection) of such
            batches, read once an evaluation, so that it may be shuffled but must be finite. Sample
            weights behind the labels have no part in it.
        database: the same; None ranks the queries among themselves, each left out for itself.
        every: evaluate after every so many epochs.
        bits: length of a code where the encoder gives packed bytes; None for relaxed codes, whose
            bit is ``x >= 0``.
        prefix: what stands before ``map`` in ``logs``.
        encoder: the model that gives codes, where it is not the model in training; both share
            their layers.
        batch_size: pictures at a time where arrays are given.

    Attributes:
        result: figures of the last evaluation, None before the first.

    Raises:
        ValueError: ``every`` or ``batch_size`` below 1; while training, codes or labels that
            :func:`tfretrieval.evaluation.hamming_retrieval` refuses.

    >>> x, y = np.array([[1.0], [2.0], [-1.0], [-2.0]], "float32"), np.array([0, 0, 1, 1])
    >>> model = tf.keras.Sequential([tf.keras.Input((1,)), tf.keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse", jit_compile=False)
    >>> evaluation = RetrievalEvaluation((x, y), (x, y))
    >>> history = model.fit(x, y, verbose=0, callbacks=[evaluation])
    >>> [round(value, 4) for value in history.history["val_map"]]
    [1.0]
    """

    def __init__(
        self,
        query: Any,
        database: Any = None,
        *,
        every: int = 1,
        bits: int | None = None,
        prefix: str = "val_",
        encoder: tf.keras.Model | None = None,
        batch_size: int = 128,
    ) -> None:
        super().__init__()
        if every < 1 or batch_size < 1:
            raise ValueError(f"every and batch_size must be at least 1: {every}, {batch_size}")
        self.query, self.database = query, database
        self.every, self.bits, self.batch_size = every, bits, batch_size
        self.name, self.encoder = f"{prefix}map", encoder
        self.result: HammingRetrieval | None = None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if (epoch + 1) % self.every:
            return
        queries = self._encode(self.query)
        alone = self.database is None
        database = queries if alone else self._encode(self.database)
        self.result = hamming_retrieval(
            *queries, *database, bits=self.bits, leave_one_out=alone, stable=False
        )
        if logs is not None:
            logs[self.name] = self.result.mean_average_precision

    def _encode(self, data: Any) -> tuple[np.ndarray, np.ndarray]:
        encoder = self.encoder or self.model
        if not isinstance(data, tuple):
            # Codes and labels come from one pass: a second one may be shuffled differently.
            pairs = [(_codes(encoder.predict_on_batch(x)), np.asarray(y)) for x, y, *_ in data]
            if not pairs:
                raise ValueError("the data set to evaluate on has no batches")
            codes, labels = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
            return codes, labels
        inputs, labels, *_ = data
        codes = _codes(encoder.predict(inputs, batch_size=self.batch_size, verbose=0))
        return codes, np.asarray(labels)


def _codes(outputs: Any) -> np.ndarray:
    if not isinstance(outputs, np.ndarray):
        raise ValueError("the model has several outputs: pass encoder= with the codes only")
    return outputs
