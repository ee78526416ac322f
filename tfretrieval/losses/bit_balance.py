"""Bit balance: no bit on in most pictures, or off in most."""

import tensorflow as tf

from tfretrieval.losses.batch_loss import BatchLoss
from tfretrieval.losses.cauchy_quantization import checked_codes

BALANCED = ("bit", "image")


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class BitBalanceLoss(BatchLoss):
    """The squared mean of codes, 0 where as many bits are +1 as -1.

    * ``per="bit"``: ``mean_k (mean_i h_ik)^2``: every bit on in half of the pictures of a batch,
      which is what a bit can say most by.
    * ``per="image"``: ``mean_i (mean_k h_ik)^2``: half of the bits on in every picture.

    Source: Sun et al. 2022 name a bit balance loss. Their released code sums the *signs* of the
    bits of a picture, which has no gradient and trains nothing; here the relaxed bits are summed,
    and the mean over bits in place of the sum makes it independent of the length of the code. Per
    bit, the usual meaning of the name, is our choice.

    Under ``tf.distribute`` ``per="bit"`` balances every replica's share of the batch, or with
    ``gather=True`` all of it.

    Args:
        per: ``"bit"`` or ``"image"``.
        gather: compare with the pictures of all replicas, as :class:`BatchLoss` says.

    Call with anything ``[B]`` or ``[B, 1]`` as ``y_true`` (it is not read) and codes ``[B, bits]``
    in [-1, 1]; one float32 value a code before reduction: with ``"bit"`` its share
    ``mean_k h_ik mean_j h_jk``, which may be negative, scaled so that their mean is the loss.

    Raises:
        ValueError: another ``per``, codes of another rank.

    >>> codes = tf.constant([[1.0, 1.0], [1.0, -1.0]])
    >>> float(BitBalanceLoss()(tf.zeros([2]), codes)), float(
    ...     BitBalanceLoss("image")(tf.zeros([2]), codes)
    ... )
    (0.5, 0.5)
    """

    def __init__(
        self,
        per: str = "bit",
        reduction: str = "sum_over_batch_size",
        name: str = "bit_balance",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        if per not in BALANCED:
            raise ValueError(f"per must be one of {BALANCED}, got {per!r}")
        self.per = per

    def of_batch(self, y_true, y_pred):
        codes = checked_codes(y_pred)
        if self.per == "image":
            return tf.square(tf.reduce_mean(codes, axis=1))
        count = tf.cast(tf.maximum(tf.shape(codes)[0], 1), tf.float32)
        means = tf.reduce_sum(codes, axis=0) / count
        return tf.reduce_mean(codes * means, axis=1)

    def get_config(self):
        return {**super().get_config(), "per": self.per}
