"""Neighbourhood components with one learned proxy a class."""

import tensorflow as tf

from tfretrieval.distances import own_and_others


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class ProxyNCA(tf.keras.losses.Loss):
    """``scale d_iy + log(sum_{j != y} exp(-scale d_ij))`` with ``d_ij = 2 - 2 cos_ij``.

    d is the squared distance of embedding and proxy, both of length one. It may be negative: the
    own proxy is not in the sum.

    Source: Movshovitz-Attias et al. 2017, equation 6; they scale embeddings and proxies by a
    temperature in the code, which the scale is here. It reads the output of
    :class:`~tfretrieval.layers.CosineToCenters`.

    Args:
        scale: of all squared distances.

    Call with class ids ``[B]`` or ``[B, 1]`` and cosines ``[B, classes]``; one float32 value an
    example before reduction.

    Raises:
        ValueError: a scale that is not positive, cosines of another shape or of one class, not one
            label for each row.
        InvalidArgumentError: a label that is no class. Under XLA, which has no assertions, the loss
            is NaN instead.

    >>> round(float(ProxyNCA(1.0)(tf.constant([0]), tf.constant([[1.0, 0.0, 0.0]]))), 4)
    -1.3069
    """

    def __init__(
        self,
        scale: float = 9.0,
        reduction: str = "sum_over_batch_size",
        name: str = "proxy_nca",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        if scale <= 0:
            raise ValueError(f"scale must be positive, got {scale}")
        self.scale = scale

    def call(self, y_true, y_pred):
        own, cosines, other = own_and_others(y_true, y_pred)
        if cosines.shape[1] < 2:
            raise ValueError("proxies need two classes or more, got cosines of one")
        others = tf.where(other, self.scale * (2 * cosines - 2), -1e9)
        return self.scale * (2 - 2 * own) + tf.reduce_logsumexp(others, axis=1)

    def get_config(self):
        return {**super().get_config(), "scale": self.scale}
