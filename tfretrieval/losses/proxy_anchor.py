"""Proxies as anchors: every class weighs the pictures of a batch by how hard they are."""

import tensorflow as tf

from tfretrieval.distances import own_and_others
from tfretrieval.losses.quantization import check_not_negative


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class ProxyAnchor(tf.keras.losses.Loss):
    """Two sums over proxies j, of the cosines ``c_ij`` to the pictures of the batch::

        1/|P+| sum_{j in P+} log(1 + sum_{i: y_i = j} exp(-alpha (c_ij - delta)))
      + 1/|P|  sum_j         log(1 + sum_{i: y_i != j} exp(alpha (c_ij + delta)))

    P are all proxies, P+ those with a picture in the batch.

    Source: Kim et al. 2020, equation 4, with their alpha and delta. It reads the output of
    :class:`~tfretrieval.layers.CosineToCenters`.

    Args:
        alpha: sharpness.
        delta: margin of the cosine.

    Call with class ids ``[B]`` or ``[B, 1]`` and cosines ``[B, classes]``. One float32 value an
    example before reduction: the loss is of the batch, each example has all of it.

    Raises:
        ValueError: an alpha that is not positive, a negative delta, cosines of another shape, not
            one label for each row.
        InvalidArgumentError: a label that is no class. Under XLA, which has no assertions, the loss
            is NaN instead.

    >>> loss = ProxyAnchor(alpha=1.0, delta=0.0)
    >>> round(float(loss(tf.constant([0]), tf.constant([[1.0, 0.0]]))), 4)
    0.6598
    """

    def __init__(
        self,
        alpha: float = 32.0,
        delta: float = 0.1,
        reduction: str = "sum_over_batch_size",
        name: str = "proxy_anchor",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        check_not_negative(delta=delta)
        if alpha <= 0:
            raise ValueError(f"alpha must be positive, got {alpha}")
        self.alpha = alpha
        self.delta = delta

    def call(self, y_true, y_pred):
        own, cosines, other = own_and_others(y_true, y_pred)
        pulled = tf.where(other, -1e9, -self.alpha * (cosines - self.delta))
        pushed = tf.where(other, self.alpha * (cosines + self.delta), -1e9)
        # The 1 in the logarithm is the exponent 0 of a row of its own.
        pull, push = (
            tf.reduce_logsumexp(tf.pad(each, [[0, 1], [0, 0]]), axis=0) for each in (pulled, pushed)
        )
        present = tf.cast(tf.reduce_any(~other, axis=0), tf.float32)
        of_present = tf.math.divide_no_nan(tf.reduce_sum(present * pull), tf.reduce_sum(present))
        # By the own cosine a label that was lost shows.
        return of_present + tf.reduce_mean(push) + 0.0 * own

    def get_config(self):
        return {**super().get_config(), "alpha": self.alpha, "delta": self.delta}
