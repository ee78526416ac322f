"""The supervised contrastive loss: a softmax over the batch, every positive being a target."""

import tensorflow as tf

from tfretrieval.losses.batch_loss import BatchLoss
from tfretrieval.losses.multi_similarity import cosines_in_batch
from tfretrieval.pairs import similar_pairs, without_self


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class SupervisedContrastiveLoss(BatchLoss):
    """``-mean_p log(exp(S_ip / T) / sum_{a != i} exp(S_ia / T))`` over an anchor's positives.

    S is the cosine. An anchor without a positive is left out.

    Source: Khosla et al. 2020, equation 2 (the sum outside of the logarithm), with its temperature
    of 0.1; two views of a picture are two rows with one label.

    Args:
        temperature: T.
        gather: compare with the pictures of all replicas, as :class:`BatchLoss` says.

    Call with class ids ``[B]`` or ``[B, 1]``, or multi-hot labels ``[B, classes]``, and embeddings
    ``[B, D]`` of any length; one float32 value an anchor before reduction, scaled so that their
    mean is the mean over anchors with a positive.

    Raises:
        ValueError: a temperature that is not positive, embeddings of another rank, not one label
            for each.
        InvalidArgumentError: ids that came in a float type and lost their last places, as
            :class:`InBatch` says.

    >>> loss = SupervisedContrastiveLoss(temperature=1.0)
    >>> embeddings = tf.constant([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> round(float(loss(tf.constant([0, 0, 1]), embeddings)), 4)
    0.3133
    """

    def __init__(
        self,
        temperature: float = 0.1,
        reduction: str = "sum_over_batch_size",
        name: str = "supervised_contrastive",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        if temperature <= 0:
            raise ValueError(f"temperature must be positive, got {temperature}")
        self.temperature = temperature

    def of_batch(self, y_true, y_pred):
        logits = cosines_in_batch(y_pred) / self.temperature
        similar, lost = similar_pairs(y_true, y_pred)
        positives = without_self(similar)
        weights = tf.cast(positives, tf.float32)
        counts = tf.reduce_sum(weights, axis=1)
        # A picture is no candidate of itself.
        others = tf.linalg.set_diag(logits, tf.fill(tf.shape(counts), -1e9))
        # One candidate that weighs nothing goes along: of no candidates there is no logarithm.
        total = tf.reduce_logsumexp(tf.pad(others, [[0, 0], [0, 1]], constant_values=-1e9), axis=1)
        of_positives = tf.reduce_sum(tf.where(positives, total[:, None] - logits, 0.0), axis=1)
        each = tf.math.divide_no_nan(of_positives, counts)
        anchors = tf.reduce_sum(tf.cast(counts > 0, tf.float32))
        rows = tf.cast(tf.shape(counts)[0], tf.float32)
        return each * tf.math.divide_no_nan(rows, anchors) + lost

    def get_config(self):
        return {**super().get_config(), "temperature": self.temperature}
