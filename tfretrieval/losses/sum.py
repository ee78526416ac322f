"""Several losses on one output."""

import math
from collections.abc import Sequence
from typing import Any

import tensorflow as tf


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class Sum(tf.keras.losses.Loss):
    """``sum_t weight_t loss_t``, for terms that read one output.

    ``compile`` takes one loss for each output; of a list Keras 2 silently takes the first.

    A term of weight 0 is not computed. The loss in the logs is the sum;
    :class:`tfretrieval.metrics.LossTerm` logs a term beside it. How a term reduces its values by
    itself has no effect.

    Args:
        losses: the terms, each with one value an example, as all losses here have.
        weights: one number a term; 1 each by default.

    Call with what all terms take.

    Raises:
        ValueError: no term, not one weight for each, a weight that is negative or no number.

    >>> from tfretrieval.losses import BitBalanceLoss, CauchyQuantizationLoss
    >>> loss = Sum([CauchyQuantizationLoss(gamma=1.0), BitBalanceLoss()], weights=[1.0, 0.5])
    >>> round(float(loss(tf.zeros([2]), tf.constant([[1.0, 1.0], [1.0, -1.0]]))), 4)
    0.26
    """

    def __init__(
        self,
        losses: Sequence[Any],
        weights: Sequence[float] | None = None,
        reduction: str = "sum_over_batch_size",
        name: str = "sum",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        self.losses = [
            tf.keras.utils.deserialize_keras_object(loss) if isinstance(loss, dict) else loss
            for loss in losses
        ]
        self.weights = [1.0] * len(self.losses) if weights is None else [float(w) for w in weights]
        if not self.losses or len(self.losses) != len(self.weights):
            raise ValueError(
                f"a sum needs terms and one weight for each, got {len(self.losses)} terms and "
                f"{len(self.weights)} weights"
            )
        if not all(math.isfinite(weight) and weight >= 0 for weight in self.weights):
            raise ValueError(f"weights must be numbers of 0 or more, got {self.weights}")

    def call(self, y_true, y_pred):
        total = tf.zeros(tf.shape(y_pred)[:1])
        for loss, weight in zip(self.losses, self.weights, strict=True):
            if weight:
                total += weight * tf.cast(loss.call(y_true, y_pred), tf.float32)
        return total

    def get_config(self):
        return {
            **super().get_config(),
            "losses": [tf.keras.utils.serialize_keras_object(loss) for loss in self.losses],
            "weights": self.weights,
        }
