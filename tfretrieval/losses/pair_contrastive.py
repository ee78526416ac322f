"""The contrastive loss on all pairs of a batch."""

import tensorflow as tf

from tfretrieval.distances import pairwise_distances, safe_sqrt
from tfretrieval.losses.batch_loss import BatchLoss
from tfretrieval.losses.quantization import check_not_negative
from tfretrieval.pairs import similar_pairs, without_self


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class PairContrastiveLoss(BatchLoss):
    """``mean of d^2 / 2 over alike pairs + mean of max(margin - d, 0)^2 / 2 over the others``.

    Source: Hadsell et al. 2006, equation 4, on every pair of a batch. A mean over each kind (our
    choice): of random pairs nearly all are different, and one mean would leave the alike ones
    without weight. On tuples of a query, a positive and negatives it is
    :class:`ContrastiveLoss`.

    Args:
        margin: Euclidean distance beyond which different pictures are left alone.
        gather: compare with the pictures of all replicas, as :class:`BatchLoss` says.

    Call with class ids ``[B]`` or ``[B, 1]``, or multi-hot labels ``[B, classes]``, and embeddings
    ``[B, D]``; one float32 value a picture before reduction.

    Raises:
        ValueError: a negative margin, embeddings of another rank, not one label for each.
        InvalidArgumentError: ids that came in a float type and lost their last places, as
            :class:`InBatch` says.

    >>> embeddings = tf.constant([[0.0], [2.0], [3.0]])
    >>> float(PairContrastiveLoss(margin=2.0)(tf.constant([0, 0, 1]), embeddings))
    2.25
    """

    def __init__(
        self,
        margin: float = 1.0,
        reduction: str = "sum_over_batch_size",
        name: str = "pair_contrastive",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        check_not_negative(margin=margin)
        self.margin = margin

    def of_batch(self, y_true, y_pred):
        y_pred = tf.cast(y_pred, tf.float32)
        if y_pred.shape.rank != 2:
            raise ValueError(f"embeddings must be [B, D], got shape {tuple(y_pred.shape)}")
        similar, lost = similar_pairs(y_true, y_pred)
        squared = pairwise_distances(y_pred, squared=True)
        pushed = tf.square(tf.nn.relu(self.margin - safe_sqrt(squared)))
        rows = tf.cast(tf.shape(y_pred)[0], tf.float32)
        loss = _share(squared, without_self(similar)) + _share(pushed, ~similar)
        return rows * loss / 2 + lost

    def get_config(self):
        return {**super().get_config(), "margin": self.margin}


def _share(values: tf.Tensor, pairs: tf.Tensor) -> tf.Tensor:
    """What each row adds to the mean over these pairs ``[B]``."""
    weights = tf.cast(pairs, tf.float32)
    sums = tf.reduce_sum(tf.where(pairs, values, 0.0), axis=1)
    return tf.math.divide_no_nan(sums, tf.reduce_sum(weights))
