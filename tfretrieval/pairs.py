"""Which pictures of a batch are alike, and sums over its triplets; shared by losses."""

from collections.abc import Callable

import tensorflow as tf

from tfretrieval.distances import label_ids, nan_if_lost


def similar_pairs(labels: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Pairs that share a class, every row being alike to itself.

    Args:
        labels: class ids ``[B]`` or ``[B, 1]``, or multi-hot ``[B, classes]`` of any number type:
            one shared class is enough.
        rows: what has one label each, ``[B, ...]``.

    Returns:
        Boolean ``[B, B]``, and what is added to a loss: 0, or NaN where XLA let pass an id that is
        lost, see :func:`tfretrieval.distances.nan_if_lost`.

    Raises:
        ValueError: another number of labels than of rows.
        InvalidArgumentError: as :func:`tfretrieval.distances.label_ids` says.

    >>> similar_pairs(tf.constant([[1, 1], [0, 1], [1, 0]]), tf.zeros([3, 2]))[0].numpy().tolist()
    [[True, True, True], [True, True, False], [True, False, True]]
    """
    labels = tf.convert_to_tensor(labels)
    if labels.shape.rank == 2 and labels.shape[1] not in (1, None):
        lost = tf.constant(0.0)
        hot = tf.cast(labels, tf.float32)
        shared = tf.matmul(hot, hot, transpose_b=True) > 0
    else:
        labels = label_ids(labels, rows)
        lost = nan_if_lost(labels)
        shared = labels[:, None] == labels[None, :]
    if not shared.shape[:1].is_compatible_with(rows.shape[:1]):
        raise ValueError(f"{rows.shape[0]} codes need one label each, got {shared.shape[0]} labels")
    return tf.linalg.set_diag(shared, tf.ones(tf.shape(shared)[:1], tf.bool)), lost


def without_self(pairs: tf.Tensor) -> tf.Tensor:
    """Boolean pairs ``[B, B]`` without the diagonal."""
    return tf.linalg.set_diag(pairs, tf.zeros(tf.shape(pairs)[:1], tf.bool))


def triplet_sums(
    scores: tf.Tensor,
    positives: tf.Tensor,
    negatives: tf.Tensor,
    value_and_slope: Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]],
) -> tf.Tensor:
    """Row i: the sum of ``f(s_ip - s_in)`` over its positives p and negatives n, in O(B^2) memory.

    It goes through the positives of all anchors side by side, the first of each, then the second:
    in batches of P classes with K pictures, K - 1 times. The gradient is summed in the same pass:
    automatic differentiation would keep a B x B matrix of each.

    Args:
        scores: float32 ``[B, B]``.
        positives, negatives: boolean ``[B, B]``.
        value_and_slope: f and its derivative, both of a tensor.

    Returns:
        float32 ``[B]``.

    >>> scores = tf.constant([[0.0, 3.0, 1.0, 2.0]])
    >>> of_first = tf.constant([[False, True, False, False]])
    >>> triplet_sums(scores, of_first, ~of_first, lambda x: (x, tf.ones_like(x))).numpy().tolist()
    [6.0]
    """

    @tf.custom_gradient
    def sums(scores):
        size = tf.shape(scores)[1]
        mask = tf.cast(negatives, tf.float32)
        counts = tf.reduce_sum(tf.cast(positives, tf.int32), axis=1)
        # The positives of a row come first, in the order of the batch.
        at = tf.argsort(tf.cast(positives, tf.int32), axis=1, direction="DESCENDING", stable=True)

        def step(rank, total, slopes):
            column = at[:, rank]
            there = tf.cast(rank < counts, tf.float32)[:, None]
            own = tf.gather(scores, column, batch_dims=1)[:, None]
            value, slope = value_and_slope(own - scores)
            slope = there * mask * slope
            moved = tf.one_hot(column, size) * tf.reduce_sum(slope, axis=1, keepdims=True)
            return (
                rank + 1,
                total + tf.reduce_sum(there * mask * value, axis=1),
                slopes + moved - slope,
            )

        start = (0, tf.zeros(tf.shape(scores)[:1]), tf.zeros_like(scores))
        most = tf.reduce_max(tf.pad(counts, [[0, 1]]))
        _, total, slopes = tf.while_loop(lambda rank, *_: rank < most, step, start)
        return total, lambda upstream: upstream[:, None] * slopes

    return sums(scores)
