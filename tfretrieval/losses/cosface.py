"""The additive cosine margin softmax (CosFace) of Wang et al. 2018."""

import tensorflow as tf

from tfretrieval.distances import own_and_others


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class CosFace(tf.keras.losses.Loss):
    """Cross-entropy of ``scale (cos_j - margin [j = y])``.

    Source: Wang et al. 2018, equation 4 (LMCL); scale and margin are those of Lu et al. 2021, who
    compare with it. It reads the output of :class:`~tfretrieval.layers.CosineToCenters`.

    Args:
        margin: taken off the cosine to the own class.
        scale: of all cosines.

    Call with class ids ``[B]`` or ``[B, 1]`` and cosines ``[B, classes]``; one float32 value an
    example before reduction.

    Raises:
        ValueError: a negative margin, a scale that is not positive, cosines of another shape, not
            one label for each row.
        InvalidArgumentError: a label that is no class. Under XLA, which has no assertions, the loss
            is NaN instead.

    >>> round(float(CosFace(0.5, 2.0)(tf.constant([0]), tf.constant([[1.0, 0.5]]))), 4)
    0.6931
    """

    def __init__(
        self,
        margin: float = 0.35,
        scale: float = 32.0,
        reduction: str = "sum_over_batch_size",
        name: str = "cosface",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        if margin < 0 or scale <= 0:
            raise ValueError(
                f"margin must not be negative, scale positive, got {margin} and {scale}"
            )
        self.margin = margin
        self.scale = scale

    def call(self, y_true, y_pred):
        own, cosines, other = own_and_others(y_true, y_pred)
        logits = self.scale * tf.where(other, cosines, cosines - self.margin)
        return tf.reduce_logsumexp(logits, axis=1) - self.scale * (own - self.margin)

    def get_config(self):
        return {**super().get_config(), "margin": self.margin, "scale": self.scale}
