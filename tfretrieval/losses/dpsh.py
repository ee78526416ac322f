"""Deep pairwise supervised hashing: the likelihood of alike pairs by the product of their codes."""

import tensorflow as tf

from tfretrieval.losses.batch_loss import BatchLoss
from tfretrieval.losses.cauchy_quantization import checked_codes
from tfretrieval.losses.quantization import check_not_negative, quantization
from tfretrieval.pairs import similar_pairs


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class DPSHLoss(BatchLoss):
    """``mean_ij (softplus(t_ij) - s_ij t_ij) + quantization mean (|h| - 1)^2``.

    ``t_ij = <h_i, h_j> / 2``, ``s_ij`` is 1 for pictures that share a class; all B^2 ordered pairs
    of the batch count, a picture with itself among those alike.

    Source: Li et al. 2016 (DPSH), equation 3; as means, with DeepHash-pytorch's weight of 0.1. Both
    codes of a pair are moved, where that compares with a bank of earlier codes.

    Args:
        quantization: weight of the distance to signs.
        gather: compare with the pictures of all replicas, as :class:`BatchLoss` says.

    Call with class ids ``[B]`` or ``[B, 1]``, or multi-hot labels ``[B, classes]``, and codes
    ``[B, bits]``, of a linear layer in the paper; one float32 value a picture before reduction.

    Raises:
        ValueError: a negative weight, codes of another rank, not one label for each.
        InvalidArgumentError: ids that came in a float type and lost their last places, as
            :class:`InBatch` says.

    >>> loss = DPSHLoss(quantization=0.0)
    >>> round(float(loss(tf.constant([0, 1]), tf.constant([[1.0, 1.0], [1.0, -1.0]]))), 4)
    0.5032
    """

    def __init__(
        self,
        quantization: float = 0.1,
        reduction: str = "sum_over_batch_size",
        name: str = "dpsh",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        check_not_negative(quantization=quantization)
        self.quantization = quantization

    def of_batch(self, y_true, y_pred):
        codes = checked_codes(y_pred)
        similar, lost = similar_pairs(y_true, codes)
        products = tf.matmul(codes, codes, transpose_b=True) / 2
        values = tf.nn.softplus(products) - tf.where(similar, products, 0.0)
        count = tf.cast(tf.maximum(tf.shape(codes)[0], 1), tf.float32)
        loss = tf.reduce_sum(values, axis=1) / count
        return loss + self.quantization * quantization(codes, 2.0) + lost

    def get_config(self):
        return {**super().get_config(), "quantization": self.quantization}
