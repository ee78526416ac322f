"""Deep supervised hashing: alike codes drawn together, others pushed apart up to a margin."""

import tensorflow as tf

from tfretrieval.distances import pairwise_distances
from tfretrieval.losses.batch_loss import BatchLoss
from tfretrieval.losses.cauchy_quantization import checked_codes
from tfretrieval.losses.quantization import check_not_negative, quantization
from tfretrieval.pairs import similar_pairs


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class DSHLoss(BatchLoss):
    """``mean_ij (s_ij d_ij + (1 - s_ij) [margin - d_ij]+) / 2 + quantization mean | |h| - 1 |``.

    ``d_ij = ||h_i - h_j||^2``, ``s_ij`` is 1 for pictures that share a class; all B^2 ordered pairs
    of the batch count, a picture with itself at no cost.

    Source: Liu et al. 2016 (DSH), equation 4 with its weight of 0.01 (a mean over bits here, where
    the paper has a sum); DeepHash-pytorch has 0.1 and compares with a bank of earlier codes, whose
    gradient is cut; here both codes of a pair are moved.

    Args:
        margin: squared distance beyond which different pictures are left alone; None for twice the
            bits, as in the paper.
        quantization: weight of the distance to signs.
        gather: compare with the pictures of all replicas, as :class:`BatchLoss` says.

    Call with class ids ``[B]`` or ``[B, 1]``, or multi-hot labels ``[B, classes]``, and codes
    ``[B, bits]``, of a linear layer in the paper; one float32 value a picture before reduction.

    Raises:
        ValueError: a negative argument, codes of another rank, not one label for each.
        InvalidArgumentError: ids that came in a float type and lost their last places, as
            :class:`InBatch` says.

    >>> codes = tf.constant([[1.0, 1.0], [1.0, -1.0]])
    >>> float(DSHLoss()(tf.constant([0, 0]), codes)), float(DSHLoss()(tf.constant([0, 1]), codes))
    (1.0, 0.0)
    """

    def __init__(
        self,
        margin: float | None = None,
        quantization: float = 0.01,
        reduction: str = "sum_over_batch_size",
        name: str = "dsh",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        check_not_negative(margin=margin or 0.0, quantization=quantization)
        self.margin = margin
        self.quantization = quantization

    def of_batch(self, y_true, y_pred):
        codes = checked_codes(y_pred)
        similar, lost = similar_pairs(y_true, codes)
        distances = pairwise_distances(codes, squared=True)
        margin = 2 * codes.shape[1] if self.margin is None else self.margin
        values = tf.where(similar, distances, tf.nn.relu(margin - distances)) / 2
        count = tf.cast(tf.maximum(tf.shape(codes)[0], 1), tf.float32)
        loss = tf.reduce_sum(values, axis=1) / count
        return loss + self.quantization * quantization(codes, 1.0) + lost

    def get_config(self):
        own = {"margin": self.margin, "quantization": self.quantization}
        return {**super().get_config(), **own}
