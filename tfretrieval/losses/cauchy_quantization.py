"""The Cauchy quantisation loss: codes drawn towards -1 and +1."""

import tensorflow as tf

from tfretrieval.distances import safe_sqrt


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class CauchyQuantizationLoss(tf.keras.losses.Loss):
    """``log(1 + d(|h|, 1) / gamma)``, mean over codes.

    ``d(|h|, 1) = K / 2 (1 - min(cos(|h|, 1), max_cosine))`` with K bits and 1 the vector of ones:
    the loss wants bits of one size. A cosine does not see which: end the network in a tanh.

    Source: Cao et al. 2018 (DCH), equation 7; the clamp is that of DeepHash-pytorch, where a code
    closer than it is left alone. The released code of Sun et al. 2022, who name this loss, has
    none.

    Args:
        gamma: scale of the Cauchy distribution.
        max_cosine: from which cosine on a code is left alone; 1 for none.

    Call with anything ``[B]`` or ``[B, 1]`` as ``y_true`` (it is not read) and codes ``[B, bits]``;
    one float32 value a code before reduction.

    Raises:
        ValueError: a ``gamma`` that is not positive, ``max_cosine`` outside (0, 1], codes of
            another rank.

    >>> codes = tf.constant([[1.0, -1.0], [0.9, 0.0]])
    >>> CauchyQuantizationLoss(gamma=1.0).call(None, codes).numpy().round(4)
    array([0.01 , 0.2569], dtype=float32)
    """

    def __init__(
        self,
        gamma: float = 20.0,
        max_cosine: float = 0.99,
        reduction: str = "sum_over_batch_size",
        name: str = "cauchy_quantization",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        check_cauchy(gamma, max_cosine)
        self.gamma = gamma
        self.max_cosine = max_cosine

    def call(self, y_true, y_pred):
        codes = tf.abs(checked_codes(y_pred))
        bits = codes.shape[1]
        lengths = safe_sqrt(tf.reduce_sum(tf.square(codes), axis=1)) * bits**0.5
        cosines = tf.reduce_sum(codes, axis=1) / tf.maximum(lengths, 1e-4)
        return tf.math.log1p(bits / 2 * (1 - tf.minimum(cosines, self.max_cosine)) / self.gamma)

    def get_config(self):
        return {**super().get_config(), "gamma": self.gamma, "max_cosine": self.max_cosine}


def check_cauchy(gamma: float, max_cosine: float) -> None:
    """Raises `ValueError` for a scale or a clamp that cannot be."""
    if gamma <= 0:
        raise ValueError(f"gamma must be positive, got {gamma}")
    if not 0 < max_cosine <= 1:
        raise ValueError(f"max_cosine must be in (0, 1], got {max_cosine}")


def checked_codes(codes: tf.Tensor) -> tf.Tensor:
    """Codes in float32.

    Raises:
        ValueError: another shape than ``[B, bits]`` with a known number of bits.
    """
    codes = tf.cast(codes, tf.float32)
    if codes.shape.rank != 2 or codes.shape[1] is None:
        raise ValueError(f"codes must be [B, bits], got shape {tuple(codes.shape)}")
    return codes
