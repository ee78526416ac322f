"""The additive angular margin softmax (ArcFace) of Deng et al. 2019."""

import math

import tensorflow as tf

from tfretrieval.distances import own_and_others, safe_sqrt


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class ArcFace(tf.keras.losses.Loss):
    """Cross-entropy of ``scale cos(theta_j + margin [j = y])``.

    Source: Deng et al. 2019, equation 3, with their margin and scale. Where ``theta + margin``
    passes pi the cosine would grow again: there it is ``cos(theta) - margin sin(margin)``, as in
    the authors' code. It reads the output of :class:`~tfretrieval.layers.CosineToCenters`.

    Args:
        margin: radians that are added to the angle to the own class.
        scale: of all cosines.

    Call with class ids ``[B]`` or ``[B, 1]`` and cosines ``[B, classes]``; one float32 value an
    example before reduction.

    Raises:
        ValueError: a margin outside [0, pi), a scale that is not positive, cosines of another
            shape, not one label for each row.
        InvalidArgumentError: a label that is no class. Under XLA, which has no assertions, the loss
            is NaN instead.

    >>> round(float(ArcFace(0.5, 2.0)(tf.constant([0]), tf.constant([[0.0, -1.0]]))), 4)
    0.3024
    """

    def __init__(
        self,
        margin: float = 0.5,
        scale: float = 64.0,
        reduction: str = "sum_over_batch_size",
        name: str = "arcface",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        if not 0 <= margin < math.pi or scale <= 0:
            raise ValueError(f"margin must be in [0, pi), scale positive, got {margin} and {scale}")
        self.margin = margin
        self.scale = scale

    def call(self, y_true, y_pred):
        own, cosines, other = own_and_others(y_true, y_pred)
        # A cosine may pass 1 by rounding; its gradient goes on.
        sines = safe_sqrt(1 - tf.square(own))
        turned = own * math.cos(self.margin) - sines * math.sin(self.margin)
        past = own <= math.cos(math.pi - self.margin)
        own = tf.where(past, own - self.margin * math.sin(self.margin), turned)
        logits = self.scale * tf.where(other, cosines, own[:, None])
        return tf.reduce_logsumexp(logits, axis=1) - self.scale * own

    def get_config(self):
        return {**super().get_config(), "margin": self.margin, "scale": self.scale}
