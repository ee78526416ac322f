"""The triplet loss on tuples of a query, a positive and several negatives."""

import tensorflow as tf

from tfretrieval.distances import tuple_distances


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class TupleTripletLoss(tf.keras.losses.Loss):
    """``sum_j max(d(q, p)^2 - d(q, n_j)^2 + margin, 0)``, mean over tuples.

    Source: the triplet loss of Radenovic et al.'s framework: :class:`TripletLoss` with squared
    distances, each negative a triplet with the same query and positive.

    Args:
        margin: in units of a squared distance.

    Call with anything ``[B]`` or ``[B, 1]`` as ``y_true`` (it is not read) and descriptors
    ``[B, 2 + negatives, D]``; one float32 value a tuple before reduction.

    Raises:
        ValueError: a negative margin, or descriptors of another shape.

    >>> tuples = tf.constant([[[0.0], [0.5], [0.5], [2.0]]])
    >>> round(float(TupleTripletLoss(margin=0.1)(tf.zeros([1]), tuples)), 4)
    0.1
    """

    def __init__(
        self,
        margin: float = 0.1,
        reduction: str = "sum_over_batch_size",
        name: str = "tuple_triplet",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        if margin < 0:
            raise ValueError(f"margin must not be negative, got {margin}")
        self.margin = margin

    def hinges(self, y_pred):
        """``d(q, p)^2 - d(q, n_j)^2 + margin``, ``[B, negatives]``: positive where a triplet is
        pulled at."""
        positive, negatives = tuple_distances(y_pred, squared=True)
        return positive[:, None] - negatives + self.margin

    def call(self, y_true, y_pred):
        return tf.reduce_sum(tf.nn.relu(self.hinges(y_pred)), axis=1)

    def get_config(self):
        return {**super().get_config(), "margin": self.margin}
