"""What is lost when a relaxed bit is signed."""

import tensorflow as tf

from tfretrieval.losses.cauchy_quantization import checked_codes


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class QuantizationLoss(tf.keras.losses.Loss):
    """``mean_k | |h_k| - 1 |^power``, the distance of relaxed bits to their signs.

    Source: power 1 is DSH's (Liu et al. 2016), 2 DPSH's (Li et al. 2016), 3 GreedyHash's (Su et al.
    2018, with a weight of 0.1); the mean over bits in place of the sum makes the weight independent
    of the length of the code.

    Args:
        power: of the distance.

    Call with anything ``[B]`` or ``[B, 1]`` as ``y_true`` (it is not read) and codes ``[B, bits]``;
    one float32 value a code before reduction.

    Raises:
        ValueError: a power below one, codes of another rank.

    >>> float(QuantizationLoss(1.0)(tf.zeros([1]), tf.constant([[1.0, -0.5]])))
    0.25
    """

    def __init__(
        self,
        power: float = 2.0,
        reduction: str = "sum_over_batch_size",
        name: str = "quantization",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        if power < 1:
            raise ValueError(f"power must be at least 1, got {power}")
        self.power = power

    def call(self, y_true, y_pred):
        return quantization(checked_codes(y_pred), self.power)

    def get_config(self):
        return {**super().get_config(), "power": self.power}


def quantization(codes: tf.Tensor, power: float) -> tf.Tensor:
    """The loss of each code ``[B]``."""
    return tf.reduce_mean(tf.abs(tf.abs(codes) - 1) ** power, axis=1)


def check_not_negative(**arguments: float) -> None:
    """Raises `ValueError` for a negative argument, by its name."""
    for name, value in arguments.items():
        if value < 0:
            raise ValueError(f"{name} must not be negative, got {value}")
