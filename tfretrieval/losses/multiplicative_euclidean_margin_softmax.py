"""The multiplicative Euclidean margin softmax (MEMS) of Lu et al. 2021."""

import tensorflow as tf

from tfretrieval.distances import own_and_others


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class MultiplicativeEuclideanMarginSoftmax(tf.keras.losses.Loss):
    """Cross-entropy of distances to class centers, the own one multiplied by a margin.

    With ``d_j`` the squared distance to center j and y the own class the logits are ``-d_j``, and
    ``-m^2 d_y`` for the own class: the margin m multiplies the distance, its square the squared
    one. Features and centers are not normalised, there is no scale.

    A feature with ``m ||x - c_y|| <= ||x - c_j||`` for every j lies in a ball around its center. At
    ``m >= 2 + sqrt(3)`` two such balls are farther apart than each is wide: the largest distance
    inside a class is then smaller than the smallest between classes. 4 is the first whole number.

    Source: Lu et al. 2021 and the authors' code. It reads the output of
    :class:`~tfretrieval.layers.SquaredDistanceToCenters`, which owns the centers.

    Args:
        margin: m. :class:`~tfretrieval.callbacks.MarginAnnealing` lets it grow from 1; ``current``
            is what counts at the moment.

    Call with class ids ``[B]`` or ``[B, 1]`` and squared distances ``[B, classes]``; one float32
    value an example before reduction.

    Raises:
        ValueError: a margin below one, distances of another shape, not one label for each row.
        InvalidArgumentError: a label that is no class. Under XLA, which has no assertions, the loss
            is NaN instead.

    >>> distances = tf.constant([[0.5, 2.0]])
    >>> round(float(MultiplicativeEuclideanMarginSoftmax(2.0)(tf.constant([0]), distances)), 4)
    0.6931
    """

    def __init__(
        self,
        margin: float = 4.0,
        reduction: str = "sum_over_batch_size",
        name: str = "mems",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        if margin < 1:
            raise ValueError(f"margin must be at least 1, got {margin}")
        self.margin = margin
        self.current = tf.Variable(float(margin), trainable=False, name="margin")

    def call(self, y_true, y_pred):
        own, distances, other = own_and_others(y_true, y_pred)
        square = tf.square(tf.convert_to_tensor(self.current))
        logits = -tf.where(other, distances, square * distances)
        return tf.reduce_logsumexp(logits, axis=1) + square * own

    def get_config(self):
        return {**super().get_config(), "margin": self.margin}
