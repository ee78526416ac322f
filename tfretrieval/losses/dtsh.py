"""Deep triplet supervised hashing: the likelihood that every positive is nearer than a negative."""

import tensorflow as tf

from tfretrieval.losses.batch_loss import BatchLoss
from tfretrieval.losses.cauchy_quantization import checked_codes
from tfretrieval.losses.quantization import check_not_negative, quantization
from tfretrieval.pairs import similar_pairs, triplet_sums


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class DTSHLoss(BatchLoss):
    """``mean over triplets of softplus(margin - (t_ap - t_an)) + quantization mean (|h| - 1)^2``.

    ``t_ij = <h_i, h_j> / 2``. Every anchor that has a positive and a negative takes all of its
    triplets, and counts once; a picture is a positive of itself, as in the code.

    Source: Wang et al. 2016 (DTSH), equation 6, whose margin is half of the bits. DeepHash-pytorch
    has products that are not halved, a margin of 5, and a weight of 1: ``scale=1.0, margin=5.0``.

    Args:
        margin: None for half of the bits.
        scale: of the products.
        quantization: weight of the distance to signs.
        gather: compare with the pictures of all replicas, as :class:`BatchLoss` says.

    Call with class ids ``[B]`` or ``[B, 1]``, or multi-hot labels ``[B, classes]``, and codes
    ``[B, bits]``, of a linear layer in the paper; one float32 value a picture before reduction,
    scaled so that their mean is the mean over anchors.

    Raises:
        ValueError: a negative argument, codes of another rank, not one label for each.
        InvalidArgumentError: ids that came in a float type and lost their last places, as
            :class:`InBatch` says.

    >>> codes = tf.constant([[1.0, 1.0], [1.0, -1.0]])
    >>> round(float(DTSHLoss(quantization=0.0)(tf.constant([0, 1]), codes)), 4)
    0.6931
    """

    def __init__(
        self,
        margin: float | None = None,
        scale: float = 0.5,
        quantization: float = 1.0,
        reduction: str = "sum_over_batch_size",
        name: str = "dtsh",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        check_not_negative(margin=margin or 0.0, scale=scale, quantization=quantization)
        self.margin = margin
        self.scale = scale
        self.quantization = quantization

    def of_batch(self, y_true, y_pred):
        codes = checked_codes(y_pred)
        similar, lost = similar_pairs(y_true, codes)
        products = self.scale * tf.matmul(codes, codes, transpose_b=True)
        margin = codes.shape[1] / 2 if self.margin is None else self.margin

        def value_and_slope(gap):
            return tf.nn.softplus(margin - gap), -tf.sigmoid(margin - gap)

        sums = triplet_sums(products, similar, ~similar, value_and_slope)
        alike = tf.reduce_sum(tf.cast(similar, tf.float32), axis=1)
        triplets = alike * tf.reduce_sum(tf.cast(~similar, tf.float32), axis=1)
        anchors = tf.reduce_sum(tf.cast(triplets > 0, tf.float32))
        rows = tf.cast(tf.shape(codes)[0], tf.float32)
        scale = tf.math.divide_no_nan(rows, anchors)
        loss = scale * tf.math.divide_no_nan(sums, triplets)
        return loss + self.quantization * quantization(codes, 2.0) + lost

    def get_config(self):
        own = {"margin": self.margin, "scale": self.scale, "quantization": self.quantization}
        return {**super().get_config(), **own}
