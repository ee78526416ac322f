"""How long embeddings are and what their signs say, while they are trained."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf


class EmbeddingStatistics(tf.keras.callbacks.Callback):
    """Adds to the logs of an epoch what a loss does not tell of an embedding.

    Of a fixed batch, after every epoch: ``embedding_length``, the mean Euclidean length;
    ``constant_bits``, the number of features of one sign in all of the batch, which are no bits;
    and with ``centers`` ``center_length``, the mean length of the class centers. A loss on
    distances to centers can learn nothing but to shrink features that are many times as long as
    the centers, and a first step that is too long drives a hash layer to one side for good.

    Source: none, our choice.

    Args:
        layer: whose outputs, ``[B, D]`` or flattened to that, are the embeddings.
        inputs: a batch that the model reads.
        centers: the layer whose first weight ``[classes, D]`` are the class centers.
        tell: what is wrong with these figures, in a line, or ``None``. The first such line is a
            ``UserWarning``, once in a training.

    >>> from tfretrieval.layers import HashLayer
    >>> model = tf.keras.Sequential([tf.keras.Input((2,)), HashLayer(4, name="codes")])
    >>> model.compile("sgd", "mse")
    >>> watch = EmbeddingStatistics("codes", tf.eye(2))
    >>> history = model.fit(tf.eye(2), tf.zeros([2, 4]), callbacks=[watch], verbose=0).history
    >>> sorted(history)
    ['constant_bits', 'embedding_length', 'loss']
    """

    def __init__(
        self,
        layer: str,
        inputs: Any,
        centers: str | None = None,
        tell: Callable[[Mapping[str, float]], str | None] | None = None,
    ):
        super().__init__()
        self.layer = layer
        self.inputs = inputs
        self.centers = centers
        self.tell = tell
        self.told = False

    def figures(self) -> dict[str, float]:
        """The figures of the model as it is."""
        # A Sequential model of Keras 3 has no `input` before it was called on one.
        alone = isinstance(self.model, tf.keras.Sequential)
        given = self.model.inputs if alone else self.model.input
        reads = tf.keras.Model(given, self.model.get_layer(self.layer).output)
        embeddings = np.asarray(reads(self.inputs, training=False), np.float32)
        embeddings = embeddings.reshape(len(embeddings), -1)
        ones = (embeddings >= 0).sum(axis=0)
        found = {
            "embedding_length": float(np.linalg.norm(embeddings, axis=1).mean()),
            "constant_bits": float(((ones == 0) | (ones == len(embeddings))).sum()),
        }
        if self.centers is not None:
            centers = np.asarray(self.model.get_layer(self.centers).get_weights()[0])
            found["center_length"] = float(np.linalg.norm(centers, axis=1).mean())
        return found

    def on_epoch_end(self, epoch, logs=None):
        found = self.figures()
        if logs is not None:
            logs.update(found)
        wrong = None if self.tell is None or self.told else self.tell({**(logs or {}), **found})
        if wrong is not None:
            self.told = True
            warnings.warn(wrong, UserWarning, stacklevel=2)
