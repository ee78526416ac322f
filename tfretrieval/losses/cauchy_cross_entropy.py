"""Deep Cauchy hashing: pairs of a class drawn inside a small ball."""

import tensorflow as tf

from tfretrieval.distances import pairwise_distances, safe_sqrt
from tfretrieval.losses.batch_loss import BatchLoss
from tfretrieval.losses.cauchy_quantization import check_cauchy, checked_codes
from tfretrieval.pairs import similar_pairs

DISTANCES = ("cosine", "squared")
WEIGHTS = ("balanced", "similar")
ARGUMENTS = ("gamma", "distance", "weights", "self_pairs", "max_cosine")


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class CauchyCrossEntropyLoss(BatchLoss):
    """Cross-entropy of pairs, ``gamma / (gamma + d)`` being the probability of one class.

    ``mean_ij w_ij (s_ij log(d_ij / gamma) + log(1 + gamma / d_ij))`` over the pairs of a batch,
    ``s_ij`` being 1 for pictures that share a class. The heavy tail of a Cauchy distribution lets
    far pairs rest and draws near ones nearer.

    * ``distance="cosine"``: ``d = K / 2 (1 - min(cos, max_cosine))``, K bits; with ``max_cosine=1``
      there is no clamp, and ``K / 2 1e-6`` is added.
    * ``distance="squared"``: ``d = ||h_i - h_j||^2 + 0.001``.
    * ``weights="balanced"``: ``B^2 / (number of such pairs)``, for pairs of one class and of two.
      ``weights="similar"``: this for pairs of one class, 1 for the others. Pairs of a picture with
      itself are counted among those of one class.

    Source: Cao et al. 2018 (DCH): distance by cosine, balanced weights. Two codes differ:
    DeepHash-pytorch is ``self_pairs=True``; the authors' own, thulab/DeepHash, is
    ``distance="squared", weights="similar"``. A picture with itself says nothing, so that the
    default leaves these pairs out (our choice). Quantisation is a loss of its own,
    :class:`CauchyQuantizationLoss`; see :class:`Sum`.

    Under ``tf.distribute`` every replica compares its own share of the batch, or with
    ``gather=True`` all of it. Under mixed precision
    end the model in float32, as :class:`InBatch` says.

    Args:
        gamma: scale of the Cauchy distribution.
        distance: ``"cosine"`` or ``"squared"``.
        weights: ``"balanced"`` or ``"similar"``.
        self_pairs: whether the mean goes over the pairs of a picture with itself too.
        max_cosine: from which cosine on a pair is left alone; without effect on ``"squared"``.
        gather: compare with the pictures of all replicas, as :class:`BatchLoss` says.

    Call with labels, class ids ``[B]`` or ``[B, 1]`` or multi-hot ``[B, classes]``, and codes
    ``[B, bits]``; one float32 value a picture before reduction, the mean over its pairs.

    Raises:
        ValueError: another ``distance`` or ``weights``, a ``gamma`` that is not positive,
            ``max_cosine`` outside (0, 1], codes of another rank, not one label for each.
        InvalidArgumentError: ids that came in a float type and lost their last places, as
            :class:`InBatch` says.

    >>> codes = tf.constant([[1.0, 1.0], [1.0, -1.0]])
    >>> loss = CauchyCrossEntropyLoss(gamma=1.0)
    >>> round(float(loss(tf.constant([0, 1]), codes)), 4)
    1.3863
    """

    def __init__(
        self,
        gamma: float = 20.0,
        distance: str = "cosine",
        weights: str = "balanced",
        self_pairs: bool = False,
        max_cosine: float = 0.99,
        reduction: str = "sum_over_batch_size",
        name: str = "cauchy_cross_entropy",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        check_cauchy(gamma, max_cosine)
        if distance not in DISTANCES:
            raise ValueError(f"distance must be one of {DISTANCES}, got {distance!r}")
        if weights not in WEIGHTS:
            raise ValueError(f"weights must be one of {WEIGHTS}, got {weights!r}")
        self.gamma = gamma
        self.distance = distance
        self.weights = weights
        self.self_pairs = self_pairs
        self.max_cosine = max_cosine

    def of_batch(self, y_true, y_pred):
        codes = checked_codes(y_pred)
        shared, lost = similar_pairs(y_true, codes)
        similar = tf.cast(shared, tf.float32) + lost
        distances = self._distances(codes)
        values = tf.math.log1p(self.gamma / distances)
        values += similar * tf.math.log(distances / self.gamma)
        values *= self._weights(similar)
        pairs = tf.shape(codes)[0]
        if not self.self_pairs:
            values = tf.linalg.set_diag(values, tf.zeros_like(codes[:, 0]))
            pairs -= 1
        return tf.reduce_sum(values, axis=1) / tf.cast(tf.maximum(pairs, 1), tf.float32)

    def _distances(self, codes):
        if self.distance == "squared":
            return pairwise_distances(codes, squared=True) + 0.001
        lengths = safe_sqrt(tf.reduce_sum(tf.square(codes), axis=1))
        products = tf.matmul(codes, codes, transpose_b=True)
        cosines = products / tf.maximum(lengths[:, None] * lengths[None, :], 1e-4)
        # Two equal codes have no distance, and the logarithm needs one.
        least = 0.0 if self.max_cosine < 1 else 1e-6
        return codes.shape[1] / 2 * (1 - tf.minimum(cosines, self.max_cosine) + least)

    def _weights(self, similar):
        pairs = tf.cast(tf.size(similar), tf.float32)
        count = tf.reduce_sum(similar)
        of_similar = tf.math.divide_no_nan(pairs, count)
        of_others = 1.0
        if self.weights == "balanced":
            of_others = tf.math.divide_no_nan(pairs, pairs - count)
        return similar * of_similar + (1 - similar) * of_others

    def get_config(self):
        return {**super().get_config(), **{name: getattr(self, name) for name in ARGUMENTS}}
