"""HashNet: the weighted likelihood of alike pairs, on codes that a continuation makes binary."""

import tensorflow as tf

from tfretrieval.losses.batch_loss import BatchLoss
from tfretrieval.losses.cauchy_quantization import checked_codes
from tfretrieval.pairs import similar_pairs


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class HashNetLoss(BatchLoss):
    """``mean_ij w_ij (softplus(t_ij) - s_ij t_ij)`` with ``t_ij = alpha <h_i, h_j>``.

    ``s_ij`` is 1 for pictures that share a class; ``w_ij`` is B^2 over the number of such pairs,
    alike or not, so that the few alike ones weigh as much as the many others. A picture with itself
    is counted among those alike.

    Source: Cao et al. 2017 (HashNet), equation 4, weights of equation 2. Their codes are
    ``tanh(beta_t z)`` with a beta that grows: :class:`~tfretrieval.layers.ScaledTanh` and
    :class:`~tfretrieval.callbacks.Continuation`. ``softplus`` in place of ``log(1 + exp(t))``,
    which overflows.

    Args:
        alpha: of the product. None: 10 / bits, as in the authors' code; DeepHash-pytorch has 0.1.
        gather: compare with the pictures of all replicas, as :class:`BatchLoss` says.

    Call with class ids ``[B]`` or ``[B, 1]``, or multi-hot labels ``[B, classes]``, and codes
    ``[B, bits]`` in [-1, 1]; one float32 value a picture before reduction.

    Raises:
        ValueError: an alpha that is not positive, codes of another rank, not one label for each.
        InvalidArgumentError: ids that came in a float type and lost their last places, as
            :class:`InBatch` says.

    >>> codes = tf.constant([[1.0, 1.0], [1.0, -1.0]])
    >>> round(float(HashNetLoss(alpha=0.5)(tf.constant([0, 1]), codes)), 4)
    1.0064
    """

    def __init__(
        self,
        alpha: float | None = None,
        reduction: str = "sum_over_batch_size",
        name: str = "hashnet",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        if alpha is not None and alpha <= 0:
            raise ValueError(f"alpha must be positive, got {alpha}")
        self.alpha = alpha

    def of_batch(self, y_true, y_pred):
        codes = checked_codes(y_pred)
        similar, lost = similar_pairs(y_true, codes)
        alpha = 10 / codes.shape[1] if self.alpha is None else self.alpha
        products = alpha * tf.matmul(codes, codes, transpose_b=True)
        weighted = balance(similar) * likelihood(products, similar)
        rows = tf.cast(tf.maximum(tf.shape(codes)[0], 1), tf.float32)
        return tf.reduce_sum(weighted, axis=1) / rows + lost

    def get_config(self):
        return {**super().get_config(), "alpha": self.alpha}


def likelihood(products: tf.Tensor, similar: tf.Tensor) -> tf.Tensor:
    """``softplus(t) - s t`` of pairs ``[A, B]``: the negative log-likelihood of being alike or not.

    >>> likelihood(tf.constant([[100.0, 100.0]]), tf.constant([[True, False]])).numpy().tolist()
    [[0.0, 100.0]]
    """
    return tf.nn.softplus(products) - tf.where(similar, products, 0.0)


def balance(similar: tf.Tensor) -> tf.Tensor:
    """Weights ``[A, B]`` by which the alike pairs count as much as the others: all pairs over those
    of a pair's kind.

    >>> balance(tf.constant([[True, False, False], [True, False, False]])).numpy().tolist()
    [[3.0, 1.5, 1.5], [3.0, 1.5, 1.5]]
    """
    alike = tf.cast(similar, tf.float32)
    pairs, count = tf.cast(tf.size(alike), tf.float32), tf.reduce_sum(alike)
    of_similar = tf.math.divide_no_nan(pairs, count)
    of_others = tf.math.divide_no_nan(pairs, pairs - count)
    return tf.where(similar, of_similar, of_others)
