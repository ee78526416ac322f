"""Triplets picked inside a batch, as TensorFlow operations that a loss differentiates.

A miner takes distances ``[B, B]``, boolean ``[B, B]`` pairs of one class without the diagonal, and
boolean ``[B, B]`` pairs of two classes. It returns the distances to positive and negative of each
triplet and whether there is one, ``[B, T]`` each, a row an anchor. Distances of a triplet that is
not there mean nothing.
"""

import tensorflow as tf

from tfretrieval.distances import sorted_rows


def hard_in_batch(
    distances: tf.Tensor, positives: tf.Tensor, negatives: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """One triplet an anchor, ``T = 1``: its farthest positive and its nearest negative.

    Source: Hermans et al. 2017.

    >>> distances = tf.constant([[0.0, 1.0, 4.0], [1.0, 0.0, 3.0], [4.0, 3.0, 0.0]])
    >>> same = tf.constant([[True, True, False], [True, True, False], [False, False, True]])
    >>> positives = tf.linalg.set_diag(same, tf.zeros([3], tf.bool))
    >>> d_ap, d_an, picked = hard_in_batch(distances, positives, ~same)
    >>> d_ap[:2, 0].numpy().tolist(), d_an[:2, 0].numpy().tolist(), picked[:, 0].numpy().tolist()
    ([1.0, 1.0], [4.0, 3.0], [True, True, False])
    """
    d_ap = tf.reduce_max(tf.where(positives, distances, -1.0), axis=1, keepdims=True)
    d_an = tf.reduce_min(tf.where(negatives, distances, tf.float32.max), axis=1, keepdims=True)
    has_both = tf.reduce_any(positives, axis=1) & tf.reduce_any(negatives, axis=1)
    return d_ap, d_an, has_both[:, None]


def semi_hard_in_batch(
    distances: tf.Tensor, positives: tf.Tensor, negatives: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """One triplet for each (anchor, positive), ``T = B``, a column a positive: the nearest negative
    farther than the positive, else the farthest negative.

    Source: Schroff et al. 2015.

    >>> distances = tf.constant([[0.0, 2.0, 1.0, 3.0]] * 4)
    >>> same = tf.constant([[True, True, False, False]] * 4)
    >>> positives = tf.linalg.set_diag(same, tf.zeros([4], tf.bool))
    >>> _, d_an, picked = semi_hard_in_batch(distances, positives, ~same)
    >>> float(d_an[0, 1]), picked[0].numpy().tolist()
    (3.0, [False, True, False, False])
    """
    ascending = sorted_rows(distances, negatives)
    count = tf.reduce_sum(tf.cast(negatives, tf.int32), axis=1)
    first_farther = tf.searchsorted(ascending, tf.stop_gradient(distances), side="right")
    # Past the last negative there is none farther: take the farthest.
    index = tf.clip_by_value(first_farther, 0, tf.maximum(count - 1, 0)[:, None])
    d_an = tf.gather(ascending, index, batch_dims=1)
    return distances, d_an, positives & (count > 0)[:, None]
