"""The classic triplet loss."""

import tensorflow as tf

from tfretrieval.distances import sorted_rows, triplet_distances


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class TripletLoss(tf.keras.losses.Loss):
    """``max(d(A, P) - d(A, N) + margin, 0)``, mean over triplets.

    Source: Schroff et al. 2015; equation 1 of Pan et al. 2021.

    Args:
        margin: in the units of the distance.
        squared: squared Euclidean distances instead of Euclidean ones.

    Call with anything ``[B]`` or ``[B, 1]`` as ``y_true`` (it is not read) and embeddings
    ``[B, 3, D]`` of anchor, positive, negative; one float32 value a triplet before reduction.

    Raises:
        ValueError: a negative margin, or embeddings of another shape.

    >>> triplets = tf.constant([[[0.0], [3.0], [3.5]], [[0.0], [1.0], [9.0]]])
    >>> float(TripletLoss(margin=1.0)(tf.zeros([2]), triplets))
    0.25
    """

    def __init__(
        self,
        margin: float = 1.0,
        squared: bool = False,
        reduction: str = "sum_over_batch_size",
        name: str = "triplet",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        if margin < 0:
            raise ValueError(f"margin must not be negative, got {margin}")
        self.margin = margin
        self.squared = squared

    def call(self, y_true, y_pred):
        return self.of_distances(*triplet_distances(y_pred, self.squared))

    def of_distances(self, d_ap, d_an, weights=None):
        """The loss of every triplet from its two distances."""
        return tf.nn.relu(d_ap - d_an + self.margin)

    def sum_over_all(self, distances, positives, negatives):
        """Per anchor, the sum over all its (positive, negative) pairs, in O(B^2) memory.

        With an anchor's negatives sorted, those inside the hinge of a positive are a prefix:
        their count and their prefix sum give the sum over them at once.

        Args:
            distances: ``[B, B]``.
            positives: boolean ``[B, B]``, pairs of one class without the diagonal.
            negatives: boolean ``[B, B]``, pairs of two classes.

        Returns:
            float32 ``[B]``.
        """
        # Sums of differences to a middle value: sums of the distances themselves would cancel.
        count = tf.cast(tf.maximum(tf.shape(distances)[1], 1), tf.float32)
        middle = tf.stop_gradient(tf.reduce_sum(distances, axis=1, keepdims=True) / count)
        ascending = sorted_rows(distances - middle, negatives)
        finite = tf.where(ascending < tf.float32.max, ascending, 0.0)
        prefix = tf.pad(tf.cumsum(finite, axis=1), [[0, 0], [1, 0]])
        reach = distances - middle + self.margin
        inside = tf.searchsorted(ascending, tf.stop_gradient(reach), side="left")
        hinge = tf.cast(inside, tf.float32) * reach - tf.gather(prefix, inside, batch_dims=1)
        return tf.reduce_sum(tf.where(positives, hinge, 0.0), axis=1)

    def get_config(self):
        return {**super().get_config(), "margin": self.margin, "squared": self.squared}
