"""Tuples of a query, a positive and negatives, made of a batch with labels."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tfretrieval.distances import pairwise_distances
from tfretrieval.pairs import similar_pairs, without_self


class TuplesOfABatch(tf.keras.losses.Loss):
    """A loss of tuples on class labels: every picture asks, its farthest fellow answers, and the
    nearest of other classes do not.

    Embeddings are brought to length one, as descriptors are. A picture without a fellow, or with
    fewer others than ``negatives``, costs nothing.

    Args:
        loss: of tuples ``[B, 2 + negatives, D]``.
        negatives: in a tuple.
    """

    def __init__(self, loss: tf.keras.losses.Loss, negatives: int = 5, **kwargs: Any):
        super().__init__(**kwargs)
        self.loss = loss
        self.negatives = negatives

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        unit = tf.math.l2_normalize(tf.cast(y_pred, tf.float32), axis=1)
        similar, lost = similar_pairs(y_true, unit)
        positives, negatives = without_self(similar), ~similar
        distances = tf.stop_gradient(pairwise_distances(unit))
        fellow = tf.argmax(tf.where(positives, distances, -1.0), axis=1, output_type=tf.int32)
        k = tf.minimum(self.negatives, tf.shape(unit)[0])
        nearest = tf.math.top_k(tf.where(negatives, -distances, -1e9), k).indices
        members = tf.concat([tf.range(tf.shape(unit)[0])[:, None], fellow[:, None], nearest], 1)
        counts = tf.reduce_sum(tf.cast(negatives, tf.int32), axis=1)
        whole = tf.reduce_any(positives, axis=1) & (counts >= self.negatives)
        values = self.loss.call(tf.zeros_like(counts), tf.gather(unit, members))
        return tf.where(whole, values, 0.0) + lost
