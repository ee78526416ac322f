"""The center loss of Wen et al. 2016."""

import tensorflow as tf

from tfretrieval.distances import own_and_others


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class CenterLoss(tf.keras.losses.Loss):
    """``1/2 ||x - c_y||^2``, mean over the batch.

    Added to cross-entropy with a small weight it pulls features to the center of their class. It
    reads the output of :class:`~tfretrieval.layers.SquaredDistanceToCenters`, which owns the
    centers.

    Source: Wen et al. 2016, equation 2; the mean over the batch is in the authors' code.

    Call with class ids ``[B]`` or ``[B, 1]`` and squared distances ``[B, classes]``; one float32
    value an example before reduction.

    Raises:
        ValueError: distances of another shape, or not one label for each row.
        InvalidArgumentError: a label that is no class. Under XLA, which has no assertions, the loss
            is NaN instead.

    >>> float(CenterLoss()(tf.constant([1, 0]), tf.constant([[9.0, 4.0], [2.0, 5.0]])))
    1.5
    """

    def __init__(self, reduction: str = "sum_over_batch_size", name: str = "center_loss", **kwargs):
        super().__init__(reduction=reduction, name=name, **kwargs)

    def call(self, y_true, y_pred):
        return own_and_others(y_true, y_pred)[0] / 2
