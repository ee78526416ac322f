"""The adaptive triplet loss of Pan et al. 2021."""

import tensorflow as tf

from tfretrieval.distances import one_a_row, triplet_distances
from tfretrieval.pairs import triplet_sums

MARGINS = ("given", "batch")


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class AdaptiveTripletLoss(tf.keras.losses.Loss):
    """``1 - sigmoid(d(A, N) - d(A, P) - margin1)``, mean over triplets.

    ``margin1 = mean(d(A, N) - d(A, P))`` over a set of triplets, a constant for the gradient:
    differentiated as well, the gradients with respect to the gaps sum to zero and the average
    gap cannot grow. With it the mean loss returns to about 0.5 whenever margin1 is taken anew,
    so the loss is no measure of progress; watch the gap (:mod:`tfretrieval.metrics`).

    Source: Pan et al. 2021, equations 2 and 3. The text averages over "all training samples";
    Euclidean distance is our reading, since the text wants gaps close to 5, which squared
    distances between codes pass at once.

    Args:
        margin: ``"given"``: margin1 arrives as ``y_true``, one value a triplet, for instance that
            of the whole mined set (:func:`tfretrieval.mining.mined_margin`), and the loss stays
            stateless. ``"batch"``: the mean gap of the batch; under ``tf.distribute``, of each
            replica's share of it.
        squared: squared Euclidean distances instead of Euclidean ones.

    Call with ``y_true`` ``[B]`` or ``[B, 1]`` (margin1 if given, else not read) and embeddings
    ``[B, 3, D]`` of anchor, positive, negative; one float32 value a triplet before reduction.

    Raises:
        ValueError: another ``margin``, or embeddings of another shape.

    >>> triplets = tf.constant([[[0.0], [1.0], [4.0]]])
    >>> float(AdaptiveTripletLoss()(tf.constant([3.0]), triplets))
    0.5
    """

    def __init__(
        self,
        margin: str = "given",
        squared: bool = False,
        reduction: str = "sum_over_batch_size",
        name: str = "adaptive_triplet",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        if margin not in MARGINS:
            raise ValueError(f"margin must be one of {MARGINS}, got {margin!r}")
        self.margin = margin
        self.squared = squared

    def call(self, y_true, y_pred):
        d_ap, d_an = triplet_distances(y_pred, self.squared)
        if self.margin == "batch":
            return self.of_distances(d_ap, d_an)
        margin1 = tf.cast(one_a_row(y_true, y_pred, "margins"), tf.float32)
        return tf.sigmoid(d_ap - d_an + margin1)

    def of_distances(self, d_ap, d_an, weights=None):
        """The loss of every triplet, margin1 being the weighted mean gap of those given."""
        weights = tf.ones_like(d_ap) if weights is None else weights
        margin1 = tf.math.divide_no_nan(
            tf.reduce_sum(weights * (d_an - d_ap)), tf.reduce_sum(weights)
        )
        # 1 - sigmoid(x) = sigmoid(-x), without the cancellation at large gaps.
        return tf.sigmoid(d_ap - d_an + tf.stop_gradient(margin1))

    def sum_over_all(self, distances, positives, negatives):
        """Per anchor, the sum over all its (positive, negative) pairs, in O(B^2) memory.

        margin1 is the mean gap of all triplets of the batch, from row sums alone.

        Args:
            distances: ``[B, B]``.
            positives: boolean ``[B, B]``, pairs of one class without the diagonal.
            negatives: boolean ``[B, B]``, pairs of two classes.

        Returns:
            float32 ``[B]``.
        """
        of_positives, of_negatives = (tf.cast(p, tf.float32) for p in (positives, negatives))
        n_positive = tf.reduce_sum(of_positives, axis=1)
        n_negative = tf.reduce_sum(of_negatives, axis=1)
        gaps = n_positive * tf.reduce_sum(of_negatives * distances, axis=1)
        gaps -= n_negative * tf.reduce_sum(of_positives * distances, axis=1)
        margin1 = tf.math.divide_no_nan(tf.reduce_sum(gaps), tf.reduce_sum(n_positive * n_negative))
        margin1 = tf.stop_gradient(margin1)

        def value_and_slope(difference):
            value = tf.sigmoid(difference + margin1)
            return value, value * (1 - value)

        return triplet_sums(distances, positives, negatives, value_and_slope)

    def get_config(self):
        return {**super().get_config(), "margin": self.margin, "squared": self.squared}
