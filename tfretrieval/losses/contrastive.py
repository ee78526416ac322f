"""The contrastive loss on tuples of a query, a positive and negatives."""

import tensorflow as tf

from tfretrieval.distances import tuple_distances


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class ContrastiveLoss(tf.keras.losses.Loss):
    """``d(q, p)^2 / 2 + sum_j max(margin - d(q, n_j), 0)^2 / 2``, mean over tuples.

    Source: Radenovic et al. 2019, equation 4, on the tuples of their training: each negative is
    pushed to the same distance.

    Args:
        margin: Euclidean distance beyond which a negative is left alone; 0.7 for VGG16 and 0.85 for
            ResNet101 in the source, for descriptors of unit length.

    Call with anything ``[B]`` or ``[B, 1]`` as ``y_true`` (it is not read) and descriptors
    ``[B, 2 + negatives, D]``; one float32 value a tuple before reduction.

    Raises:
        ValueError: a negative margin, or descriptors of another shape.

    >>> tuples = tf.constant([[[0.0], [0.6], [0.3], [2.0]]])
    >>> round(float(ContrastiveLoss(margin=0.7)(tf.zeros([1]), tuples)), 4)
    0.26
    """

    def __init__(
        self,
        margin: float = 0.7,
        reduction: str = "sum_over_batch_size",
        name: str = "contrastive",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        if margin < 0:
            raise ValueError(f"margin must not be negative, got {margin}")
        self.margin = margin

    def hinges(self, y_pred):
        """``margin - d(q, n_j)``, ``[B, negatives]``: positive where a negative is pushed."""
        _, negatives = tuple_distances(y_pred)
        return self.margin - negatives

    def call(self, y_true, y_pred):
        squared, _ = tuple_distances(y_pred)
        pushed = tf.square(tf.nn.relu(self.hinges(y_pred)))
        return (squared + tf.reduce_sum(pushed, axis=1)) / 2

    def get_config(self):
        return {**super().get_config(), "margin": self.margin}
