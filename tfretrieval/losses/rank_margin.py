"""Learning to rank with multiple loss: each negative has a margin of its own, by its rank."""

import tensorflow as tf

from tfretrieval.distances import safe_sqrt, tuple_distances

ARGUMENTS = ("margin", "delta", "positive_margin", "weight", "ranking")


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class RankMarginLoss(tf.keras.losses.Loss):
    """The contrastive loss with margins that grow with the rank of the negative.

    With the negatives of a tuple ordered by their distance to the query, nearest first::

        L = max(d(q, p) - positive_margin, 0)^2 / 2
          + weight / 2 sum_j max(margin + (j - 1) delta - d(q, n_j), 0)^2
          + ranking sum_j max(d(q, t_j) - d(q, t_j+1) + delta, 0)

    The order is a constant for the gradient. The last term, off by default, keeps the order t in
    which the negatives stand in the tuple, such as that of a network before training.

    Source: our reading of Fan et al. 2019 (LRML), whose formula was not available: negatives
    are separated to different distances according to a ranking. With one margin for all, hard and
    easy negatives are pushed to the same distance and their order is lost. ``delta=0`` is
    :class:`ContrastiveLoss`. Descriptors are of unit length: keep the largest margin, ``margin +
    (negatives - 1) delta``, below sqrt(2), the distance of unrelated ones.

    Args:
        margin: of the nearest negative.
        delta: by how much it grows from one negative to the next.
        positive_margin: distance within which a positive is left alone.
        weight: of the negatives.
        ranking: weight of the ranking term.

    Call with anything ``[B]`` or ``[B, 1]`` as ``y_true`` (it is not read) and descriptors
    ``[B, 2 + negatives, D]``; one float32 value a tuple before reduction.

    Raises:
        ValueError: a negative argument, or descriptors of another shape.

    >>> tuples = tf.constant([[[0.0], [0.0], [0.8], [0.7]]])
    >>> round(float(RankMarginLoss(margin=0.8, delta=0.1)(tf.zeros([1]), tuples)), 4)
    0.01
    """

    def __init__(
        self,
        margin: float = 0.85,
        delta: float = 0.05,
        positive_margin: float = 0.0,
        weight: float = 1.0,
        ranking: float = 0.0,
        reduction: str = "sum_over_batch_size",
        name: str = "rank_margin",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        self.margin = margin
        self.delta = delta
        self.positive_margin = positive_margin
        self.weight = weight
        self.ranking = ranking
        for argument in ARGUMENTS:
            if getattr(self, argument) < 0:
                raise ValueError(f"{argument} must not be negative, got {getattr(self, argument)}")

    def hinges(self, y_pred):
        """``margin + (j - 1) delta - d(q, n_j)``, ``[B, negatives]``, nearest first: positive where
        a negative is pushed."""
        _, negatives = tuple_distances(y_pred)
        ranks = tf.range(tf.shape(negatives)[1], dtype=tf.float32)
        return self.margin + self.delta * ranks - tf.sort(negatives, axis=1)

    def call(self, y_true, y_pred):
        squared, negatives = tuple_distances(y_pred)
        if self.positive_margin:
            squared = tf.square(tf.nn.relu(safe_sqrt(squared) - self.positive_margin))
        short = tf.nn.relu(self.hinges(y_pred))
        loss = (squared + self.weight * tf.reduce_sum(tf.square(short), axis=1)) / 2
        if self.ranking:
            swapped = tf.nn.relu(negatives[:, :-1] - negatives[:, 1:] + self.delta)
            loss += self.ranking * tf.reduce_sum(swapped, axis=1)
        return loss

    def get_config(self):
        return {**super().get_config(), **{name: getattr(self, name) for name in ARGUMENTS}}
