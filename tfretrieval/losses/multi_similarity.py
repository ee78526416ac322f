"""The multi-similarity loss: mined pairs, weighted by three kinds of likeness."""

import tensorflow as tf

from tfretrieval.losses.batch_loss import BatchLoss
from tfretrieval.losses.quantization import check_not_negative
from tfretrieval.pairs import similar_pairs, without_self

ARGUMENTS = ("alpha", "beta", "base", "epsilon")


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class MultiSimilarityLoss(BatchLoss):
    """Soft hinges over an anchor's pairs, of two sharpnesses::

        log(1 + sum_P exp(-alpha (S_ip - base))) / alpha
      + log(1 + sum_N exp(beta (S_in - base))) / beta

    S is the cosine. Of the pairs of an anchor those are kept that are hard beside the hardest of
    the other kind: negatives with ``S_in > min_p S_ip - epsilon``, positives with ``S_ip < max_n
    S_in + epsilon``.

    Source: Wang et al. 2019, equations 7, 8 and 15, with their alpha, beta, base (lambda) and
    epsilon.

    Args:
        alpha, beta: sharpness of positives and of negatives.
        base: the cosine that both are compared with.
        epsilon: of the choice of pairs.
        gather: compare with the pictures of all replicas, as :class:`BatchLoss` says.

    Call with class ids ``[B]`` or ``[B, 1]``, or multi-hot labels ``[B, classes]``, and embeddings
    ``[B, D]`` of any length; one float32 value an anchor before reduction, 0 for one that lacks
    positives or negatives.

    Raises:
        ValueError: alpha or beta not positive, a negative epsilon, embeddings of another rank, not
            one label for each.
        InvalidArgumentError: ids that came in a float type and lost their last places, as
            :class:`InBatch` says.

    >>> loss = MultiSimilarityLoss(alpha=1.0, beta=1.0, base=0.0)
    >>> embeddings = tf.constant([[1.0, 0.0], [0.0, 1.0], [0.0, 2.0]])
    >>> round(float(loss(tf.constant([0, 0, 1]), embeddings)), 4)
    1.1309
    """

    def __init__(
        self,
        alpha: float = 2.0,
        beta: float = 50.0,
        base: float = 0.5,
        epsilon: float = 0.1,
        reduction: str = "sum_over_batch_size",
        name: str = "multi_similarity",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        check_not_negative(epsilon=epsilon)
        if min(alpha, beta) <= 0:
            raise ValueError(f"alpha and beta must be positive, got {alpha} and {beta}")
        self.alpha = alpha
        self.beta = beta
        self.base = base
        self.epsilon = epsilon

    def of_batch(self, y_true, y_pred):
        cosines = cosines_in_batch(y_pred)
        similar, lost = similar_pairs(y_true, y_pred)
        positives, negatives = without_self(similar), ~similar
        least = tf.reduce_min(tf.where(positives, cosines, tf.float32.max), axis=1, keepdims=True)
        most = tf.reduce_max(tf.where(negatives, cosines, tf.float32.min), axis=1, keepdims=True)
        # Which pairs are kept is no part of the gradient, as nowhere a choice is.
        near = negatives & (cosines > least - self.epsilon)
        far = positives & (cosines < most + self.epsilon)
        pull = _softplus_sum(-self.alpha * (cosines - self.base), far) / self.alpha
        push = _softplus_sum(self.beta * (cosines - self.base), near) / self.beta
        # A NaN is no hard pair, and has to show.
        return pull + push + lost + 0.0 * tf.reduce_sum(cosines, axis=1)

    def get_config(self):
        return {**super().get_config(), **{name: getattr(self, name) for name in ARGUMENTS}}


def cosines_in_batch(embeddings: tf.Tensor) -> tf.Tensor:
    """All cosines inside a batch, float32 ``[B, B]``; 0 for an embedding of length zero.

    Raises:
        ValueError: embeddings of another rank.
    """
    x = tf.cast(embeddings, tf.float32)
    if x.shape.rank != 2:
        raise ValueError(f"embeddings must be [B, D], got shape {tuple(x.shape)}")
    x = tf.math.l2_normalize(x, axis=1)
    return tf.matmul(x, x, transpose_b=True)


def _softplus_sum(exponents: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """``log(1 + sum exp)`` over the masked exponents of every row, 0 where there are none."""
    # The 1 is the exponent 0 of a column of its own; what is masked is far below it.
    padded = tf.pad(tf.where(mask, exponents, -1e9), [[0, 0], [0, 1]])
    return tf.reduce_logsumexp(padded, axis=1)
