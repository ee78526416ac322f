"""Triplets drawn from the batch itself."""

from typing import Any

import tensorflow as tf

from tfretrieval.distances import pairwise_distances
from tfretrieval.losses.batch_loss import BatchLoss
from tfretrieval.mining.in_batch import hard_in_batch, semi_hard_in_batch
from tfretrieval.pairs import similar_pairs, without_self

MINERS = ("hard", "semi-hard", "all")


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class InBatch(BatchLoss):
    """A triplet loss for labelled embeddings: the miner picks the triplets inside the batch.

    * ``"hard"``: one triplet an anchor: its farthest positive and nearest negative
      (Hermans et al. 2017).
    * ``"semi-hard"``: one triplet for every (anchor, positive): the nearest negative farther
      than the positive, else the farthest negative (Schroff et al. 2015).
    * ``"all"``: every (anchor, positive, negative), in O(B^2) memory.

    The loss is the mean over the picked triplets; an anchor without a positive or without a
    negative picks none, and a batch without triplets costs 0 with zero gradient. The labels of
    ``AdaptiveTripletLoss`` being labels here, its margin must be ``"batch"``.

    Under ``tf.distribute`` every replica mines in its own share of the batch, or with
    ``gather=True`` in all of it. Under mixed precision end the model in float32
    (``dtype="float32"``, as ``HashLayer`` does): Keras 2 casts float labels to the dtype of the
    output, and float16 has whole numbers only up to 2,048.

    Args:
        loss: :class:`~tfretrieval.losses.TripletLoss` or
            :class:`~tfretrieval.losses.AdaptiveTripletLoss` with ``margin="batch"``.
        miner: ``"hard"``, ``"semi-hard"`` or ``"all"``.
        gather: compare with the pictures of all replicas, as :class:`BatchLoss` says.

    Call with integer labels ``[B]`` or ``[B, 1]``, or multi-hot ones ``[B, classes]`` (a shared
    class makes a positive), and embeddings ``[B, D]``; one float32 value an anchor before
    reduction, scaled so that their mean is the mean over triplets.

    Raises:
        ValueError: another miner, a loss that cannot be mined in batch, embeddings or labels of
            another shape.
        InvalidArgumentError: ids that came in a float type and lost their last places, see
            :func:`tfretrieval.distances.label_ids`. Under XLA, which has no assertions, the loss is
            NaN instead.

    >>> from tfretrieval.losses import TripletLoss
    >>> loss = InBatch(TripletLoss(margin=1.0), miner="hard")
    >>> float(loss(tf.constant([0, 0, 1]), tf.constant([[0.0], [1.0], [1.5]])))
    1.0
    """

    def __init__(
        self,
        loss: Any,
        miner: str = "hard",
        reduction: str = "sum_over_batch_size",
        name: str = "in_batch",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        if isinstance(loss, dict):
            loss = tf.keras.utils.deserialize_keras_object(loss)
        if miner not in MINERS:
            raise ValueError(f"miner must be one of {MINERS}, got {miner!r}")
        if not hasattr(loss, "sum_over_all"):
            raise ValueError(
                f"{type(loss).__name__} is no triplet loss: use TripletLoss or AdaptiveTripletLoss"
            )
        if loss.margin == "given":
            raise ValueError(
                "in a batch y_true holds labels: use AdaptiveTripletLoss(margin='batch')"
            )
        self.loss = loss
        self.miner = miner

    def of_batch(self, y_true, y_pred):
        y_pred = tf.convert_to_tensor(y_pred)
        if y_pred.shape.rank != 2:
            raise ValueError(f"embeddings must be [B, D], got shape {tuple(y_pred.shape)}")
        similar, lost = similar_pairs(y_true, y_pred)
        distances = pairwise_distances(y_pred, self.loss.squared)
        positives, negatives = without_self(similar), ~similar
        # One anchor without any pair goes along: sorting and searching fail on an empty batch.
        distances, positives, negatives = (
            tf.pad(matrix, [[0, 1], [0, 1]]) for matrix in (distances, positives, negatives)
        )
        if self.miner == "all":
            sums = self.loss.sum_over_all(distances, positives, negatives)
            counts = _count(positives) * _count(negatives)
        else:
            pick = hard_in_batch if self.miner == "hard" else semi_hard_in_batch
            d_ap, d_an, picked = pick(distances, positives, negatives)
            weights = tf.cast(picked, tf.float32)
            # A triplet that was not picked may hold the filler of an empty row.
            d_ap, d_an = tf.where(picked, d_ap, 0.0), tf.where(picked, d_an, 0.0)
            values = weights * self.loss.of_distances(d_ap, d_an, weights)
            sums, counts = tf.reduce_sum(values, axis=1), tf.reduce_sum(weights, axis=1)
        anchors = tf.cast(tf.shape(similar)[0], tf.float32)
        scale = tf.math.divide_no_nan(anchors, tf.reduce_sum(counts))
        return sums[:-1] * scale + lost

    def get_config(self):
        return {
            **super().get_config(),
            "loss": tf.keras.utils.serialize_keras_object(self.loss),
            "miner": self.miner,
        }


def _count(mask):
    return tf.reduce_sum(tf.cast(mask, tf.float32), axis=1)
