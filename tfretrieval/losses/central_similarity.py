"""Central similarity quantization: every class has a code, which its pictures are drawn to."""

import numpy as np
import tensorflow as tf

from tfretrieval.distances import class_ids
from tfretrieval.fitting.hash_centers import hash_centers
from tfretrieval.losses.cauchy_quantization import checked_codes
from tfretrieval.losses.quantization import check_not_negative

ARGUMENTS = ("num_classes", "bits", "weight", "seed")
# Of a probability, whose logarithm is taken.
LEAST = 1e-6


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class CentralSimilarityLoss(tf.keras.losses.Loss):
    """Binary cross-entropy between codes and the fixed code of their class, a mean over bits.

    ``mean_k -log((1 + c_k h_k) / 2) + weight mean_k log cosh(|h_k| - 1)``, c being the center of
    the class: :func:`tfretrieval.fitting.hash_centers`. A picture of several classes is drawn to
    the majority of their centers, in a tie to the bit of the first.

    Source: Yuan et al. 2020 (CSQ), equations 4 to 6, with the weight of their code.

    Args:
        num_classes, bits, seed: of the centers.
        weight: of the distance to signs.

    Call with class ids ``[B]`` or ``[B, 1]``, or multi-hot labels ``[B, classes]``, and codes
    ``[B, bits]`` in [-1, 1]; one float32 value a picture before reduction.

    Raises:
        ValueError: what the centers refuse, a negative weight, codes of another shape, not one
            label for each.
        InvalidArgumentError: a label that is no class. Under XLA, which has no assertions, the loss
            is NaN instead.

    >>> loss = CentralSimilarityLoss(num_classes=4, bits=4)
    >>> centers = tf.cast(hash_centers(4, 4), tf.float32)
    >>> bool(loss(tf.range(4), 0.9 * centers) < loss(tf.range(4), 0.5 * centers))
    True
    """

    def __init__(
        self,
        num_classes: int,
        bits: int,
        weight: float = 1e-4,
        seed: int = 0,
        reduction: str = "sum_over_batch_size",
        name: str = "central_similarity",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        check_not_negative(weight=weight)
        self.centers = hash_centers(num_classes, bits, seed).astype(np.float32)
        self.num_classes = num_classes
        self.bits = bits
        self.weight = weight
        self.seed = seed

    def call(self, y_true, y_pred):
        codes = checked_codes(y_pred)
        if codes.shape[1] != self.bits:
            raise ValueError(f"codes must have {self.bits} bits, got shape {tuple(codes.shape)}")
        own = (1 + self._targets(tf.convert_to_tensor(y_true), codes) * codes) / 2
        # XLA clips NaN to a number, and a diverged run would not be seen.
        clipped = tf.clip_by_value(own, LEAST, 1 - LEAST)
        loss = -tf.math.log(tf.where(tf.math.is_nan(own), own, clipped))
        away = tf.abs(codes) - 1
        # log cosh x without the overflow of cosh.
        signed = tf.abs(away) + tf.nn.softplus(-2 * tf.abs(away)) - np.log(2)
        return tf.reduce_mean(loss + self.weight * signed, axis=1)

    def _targets(self, labels, codes):
        centers = tf.constant(self.centers)
        if labels.shape.rank == 2 and labels.shape[1] not in (1, None):
            hot = tf.cast(labels, tf.float32)
            if labels.shape[1] != self.num_classes:
                raise ValueError(
                    f"labels must be [B, {self.num_classes}], got shape {tuple(labels.shape)}"
                )
            first = tf.gather(centers, tf.argmax(hot, axis=1))
            return tf.sign(tf.matmul(hot, centers) + first / 2)
        ids = class_ids(labels, codes, self.num_classes)
        targets = tf.gather(centers, tf.maximum(ids, 0))
        return tf.where(ids[:, None] < 0, float("nan"), targets)

    def get_config(self):
        return {**super().get_config(), **{name: getattr(self, name) for name in ARGUMENTS}}
