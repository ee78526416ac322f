"""The improved center loss of Song et al. 2018, in three readings."""

import tensorflow as tf

from tfretrieval.distances import own_and_others

FORMS = ("ratio", "hinge", "difference")


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class ImprovedCenterLoss(tf.keras.losses.Loss):
    """Pulls a feature to the center of its class and pushes it from every other center.

    With ``d_j`` the squared distance to center j, y the own class and the mean over j != y:

    * ``"ratio"``: ``1/2 d_y / (mean d_j + delta)``;
    * ``"hinge"``: ``1/2 d_y + beta mean max(0, margin - d_j)``;
    * ``"difference"``: ``1/2 d_y - beta mean d_j``. It has no lower bound: features and centers
      can run away together, and features alone once ``beta`` is 1/2 or more.

    Source: Song et al. 2018 describe the loss in words, its formula was not available, and each
    form is a reading of them. ``"ratio"`` is the contrastive-center loss of Qi and Su 2017, which
    the same words describe, with the mean for their sum: it does not vanish with many classes.

    It reads the output of :class:`~tfretrieval.layers.SquaredDistanceToCenters`, which owns the
    centers, and is added to cross-entropy.

    Args:
        form: ``"ratio"``, ``"hinge"`` or ``"difference"``.
        delta: of ``"ratio"``; keeps the divisor from zero. 1 in Qi and Su 2017.
        margin: of ``"hinge"``: the squared distance at which another center stops pushing (our
            choice).
        beta: weight of the push in ``"hinge"`` and ``"difference"`` (our choice).

    Call with class ids ``[B]`` or ``[B, 1]`` and squared distances ``[B, classes]``; one float32
    value an example before reduction.

    Raises:
        ValueError: another form, ``delta`` or ``margin`` not positive, a negative ``beta``,
            distances to a single center or of another shape, not one label for each row.
        InvalidArgumentError: a label that is no class. Under XLA, which has no assertions, the loss
            is NaN instead.

    >>> distances = tf.constant([[2.0, 1.0, 5.0]])
    >>> float(ImprovedCenterLoss()(tf.constant([0]), distances))
    0.25
    >>> float(ImprovedCenterLoss("hinge", margin=3.0, beta=0.5)(tf.constant([0]), distances))
    1.5
    """

    def __init__(
        self,
        form: str = "ratio",
        delta: float = 1.0,
        margin: float = 1.0,
        beta: float = 0.1,
        reduction: str = "sum_over_batch_size",
        name: str = "improved_center_loss",
        **kwargs,
    ):
        super().__init__(reduction=reduction, name=name, **kwargs)
        if form not in FORMS:
            raise ValueError(f"form must be one of {FORMS}, got {form!r}")
        if delta <= 0 or margin <= 0:
            raise ValueError(f"delta and margin must be positive, got {delta} and {margin}")
        if beta < 0:
            raise ValueError(f"beta must not be negative, got {beta}")
        self.form = form
        self.delta = delta
        self.margin = margin
        self.beta = beta

    def call(self, y_true, y_pred):
        own, distances, other = own_and_others(y_true, y_pred)
        count = distances.shape[1] - 1
        if count < 1:
            raise ValueError(
                "with one class there is no other center to be pushed from: use CenterLoss"
            )

        def mean_of_others(values):
            return tf.reduce_sum(tf.where(other, values, 0.0), axis=1) / count

        if self.form == "ratio":
            return own / 2 / (mean_of_others(distances) + self.delta)
        if self.form == "hinge":
            return own / 2 + self.beta * mean_of_others(tf.nn.relu(self.margin - distances))
        return own / 2 - self.beta * mean_of_others(distances)

    def get_config(self):
        return {
            **super().get_config(),
            "form": self.form,
            "delta": self.delta,
            "margin": self.margin,
            "beta": self.beta,
        }
