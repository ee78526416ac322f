"""What distances do while training; the loss itself does not tell.

Triplets: embeddings ``[B, 3, D]`` (anchor, positive, negative), read with the distance of
:func:`tfretrieval.distances.triplet_distances`; a weighted mean over triplets.

Class centers: squared distances ``[B, classes]`` and class ids, read with
:func:`tfretrieval.distances.own_and_others`; a weighted mean over examples.
"""

import tensorflow as tf

from tfretrieval.distances import one_a_row, own_and_others, triplet_distances

_register = tf.keras.utils.register_keras_serializable(package="tfretrieval")


class _TripletMean(tf.keras.metrics.Mean):
    """Mean over triplets of what ``of_distances`` says."""

    def __init__(self, name: str, squared: bool = False, **kwargs):
        super().__init__(name=name, **kwargs)
        self.squared = squared

    def update_state(self, y_true, y_pred, sample_weight=None):
        d_ap, d_an = triplet_distances(y_pred, self.squared)
        values = tf.cast(self.of_distances(d_ap, d_an, y_true), tf.float32)
        return super().update_state(values, sample_weight=sample_weight)

    def of_distances(self, d_ap, d_an, y_true):
        raise NotImplementedError

    def get_config(self):
        return {**super().get_config(), "squared": self.squared}


@_register
class PositiveDistance(_TripletMean):
    """Mean d(A, P).

    >>> float(PositiveDistance()(tf.zeros([1]), tf.constant([[[0.0], [1.0], [7.0]]])))
    1.0
    """

    def __init__(self, name: str = "d_ap", **kwargs):
        super().__init__(name=name, **kwargs)

    def of_distances(self, d_ap, d_an, y_true):
        return d_ap


@_register
class NegativeDistance(_TripletMean):
    """Mean d(A, N).

    >>> float(NegativeDistance()(tf.zeros([1]), tf.constant([[[0.0], [1.0], [7.0]]])))
    7.0
    """

    def __init__(self, name: str = "d_an", **kwargs):
        super().__init__(name=name, **kwargs)

    def of_distances(self, d_ap, d_an, y_true):
        return d_an


@_register
class Gap(_TripletMean):
    """Mean gap d(A, N) - d(A, P).

    >>> float(Gap()(tf.zeros([1]), tf.constant([[[0.0], [1.0], [7.0]]])))
    6.0
    """

    def __init__(self, name: str = "gap", **kwargs):
        super().__init__(name=name, **kwargs)

    def of_distances(self, d_ap, d_an, y_true):
        return d_an - d_ap


@_register
class GapsAbove(_TripletMean):
    """Share of triplets whose gap is above ``threshold``.

    Pan et al. 2021 (section 2.3) want the gap "close to 5", where a sigmoid saturates. Codes of
    16, 32, 48 and 64 bits in [-1, 1] can be 8, 11.3, 13.9 and 16 apart.

    >>> float(GapsAbove(5.0)(tf.zeros([1]), tf.constant([[[0.0], [1.0], [7.0]]])))
    1.0
    """

    def __init__(self, threshold: float = 5.0, name: str = "gaps_above", **kwargs):
        super().__init__(name=name, **kwargs)
        self.threshold = threshold

    def of_distances(self, d_ap, d_an, y_true):
        return d_an - d_ap > self.threshold

    def get_config(self):
        return {**super().get_config(), "threshold": self.threshold}


@_register
class ActiveTriplets(_TripletMean):
    """Share of triplets whose gap is below a margin, those a hinge still pulls at.

    Args:
        margin: a number, or ``"given"`` to read margin1 from ``y_true`` as
            ``AdaptiveTripletLoss`` does.

    >>> triplets = tf.constant([[[0.0], [1.0], [7.0]], [[0.0], [1.0], [1.5]]])
    >>> float(ActiveTriplets(1.0)(tf.zeros([2]), triplets))
    0.5
    """

    def __init__(self, margin: float | str = 1.0, name: str = "active_triplets", **kwargs):
        super().__init__(name=name, **kwargs)
        if margin != "given" and not isinstance(margin, int | float):
            raise ValueError(f"margin must be a number or 'given', got {margin!r}")
        self.margin = margin

    def of_distances(self, d_ap, d_an, y_true):
        margin = self.margin
        if margin == "given":
            margin = tf.cast(one_a_row(y_true, d_ap, "margins"), tf.float32)
        return d_an - d_ap < margin

    def get_config(self):
        return {**super().get_config(), "margin": self.margin}


@_register
class ActiveHinges(tf.keras.metrics.Mean):
    """Share of the hinges of a loss that are above zero, those that still pull or push.

    With none of them nothing is learned from negatives; where all of them stay, the margin lies
    beyond what the embeddings can reach, and every negative is pushed as hard as it can be.

    Args:
        loss: a loss with ``hinges(embeddings)``: ``ContrastiveLoss``, ``RankMarginLoss`` or
            ``TupleTripletLoss``.

    >>> from tfretrieval.losses import ContrastiveLoss
    >>> tuples = tf.constant([[[0.0], [0.0], [0.3], [2.0]]])
    >>> float(ActiveHinges(ContrastiveLoss(margin=0.7))(tf.zeros([1]), tuples))
    0.5
    """

    def __init__(self, loss, name: str = "active_hinges", **kwargs):
        if isinstance(loss, dict):
            loss = tf.keras.utils.deserialize_keras_object(loss)
        super().__init__(name=name, **kwargs)
        self.loss = loss

    def update_state(self, y_true, y_pred, sample_weight=None):
        active = tf.cast(self.loss.hinges(y_pred) > 0, tf.float32)
        return super().update_state(tf.reduce_mean(active, axis=1), sample_weight=sample_weight)

    def get_config(self):
        loss = tf.keras.utils.serialize_keras_object(self.loss)
        return {**super().get_config(), "loss": loss}


@_register
class OwnCenterDistance(tf.keras.metrics.Mean):
    """Mean squared distance to the center of the own class.

    >>> float(OwnCenterDistance()(tf.constant([0]), tf.constant([[4.0, 1.0, 9.0]])))
    4.0
    """

    def __init__(self, name: str = "d_own", **kwargs):
        super().__init__(name=name, **kwargs)

    def update_state(self, y_true, y_pred, sample_weight=None):
        own, _, _ = own_and_others(y_true, y_pred)
        return super().update_state(own, sample_weight=sample_weight)


@_register
class NearestOtherCenterDistance(tf.keras.metrics.Mean):
    """Mean squared distance to the nearest center of another class; infinite with one class.

    >>> float(NearestOtherCenterDistance()(tf.constant([1]), tf.constant([[4.0, 1.0, 9.0]])))
    4.0
    """

    def __init__(self, name: str = "d_other", **kwargs):
        super().__init__(name=name, **kwargs)

    def update_state(self, y_true, y_pred, sample_weight=None):
        _, distances, other = own_and_others(y_true, y_pred)
        nearest = tf.reduce_min(tf.where(other, distances, float("inf")), axis=1)
        return super().update_state(nearest, sample_weight=sample_weight)


@_register
class NearestCenterAccuracy(tf.keras.metrics.Mean):
    """Share of the pictures whose nearest center is that of their class.

    >>> float(NearestCenterAccuracy()(tf.constant([1, 0]), tf.constant([[4.0, 1.0], [9.0, 2.0]])))
    0.5
    """

    def __init__(self, name: str = "accuracy", **kwargs):
        super().__init__(name=name, **kwargs)

    def update_state(self, y_true, y_pred, sample_weight=None):
        own, distances, other = own_and_others(y_true, y_pred)
        nearest_other = tf.reduce_min(tf.where(other, distances, float("inf")), axis=1)
        right = tf.cast(own < nearest_other, tf.float32)
        return super().update_state(right, sample_weight=sample_weight)


@_register
class LossTerm(tf.keras.metrics.Mean):
    """Mean of a loss, to be logged beside the sum that it is a term of.

    The logs hold the loss of an output only as the sum of its terms: a term that stays constant, or
    eats all of the sum, shows here.

    Args:
        loss: a loss with one value an example, as all losses here have.

    >>> from tfretrieval.losses import BitBalanceLoss
    >>> float(LossTerm(BitBalanceLoss())(tf.zeros([2]), tf.constant([[1.0], [1.0]])))
    1.0
    """

    def __init__(self, loss, name: str | None = None, **kwargs):
        if isinstance(loss, dict):
            loss = tf.keras.utils.deserialize_keras_object(loss)
        super().__init__(name=name or loss.name, **kwargs)
        self.loss = loss

    def update_state(self, y_true, y_pred, sample_weight=None):
        values = tf.cast(self.loss.call(y_true, y_pred), tf.float32)
        return super().update_state(values, sample_weight=sample_weight)

    def get_config(self):
        loss = tf.keras.utils.serialize_keras_object(self.loss)
        return {**super().get_config(), "loss": loss}
