"""A margin that grows while the network learns."""

import tensorflow as tf


class MarginAnnealing(tf.keras.callbacks.Callback):
    """Sets the margin of a loss to ``1 + (margin - 1) min(step / steps, 1)`` before every step.

    The step is ``optimizer.iterations``, so that a resumed training continues where it was: the
    first step has the margin 1. With ``steps_per_execution`` the margin changes once an execution.
    The logs of an epoch have it as ``margin``.

    Source: Lu et al. 2021, as in the authors' code, with 100,000 of 200,000 steps.

    Args:
        loss: has ``margin``, and the variable ``current``; see
            :class:`~tfretrieval.losses.MultiplicativeEuclideanMarginSoftmax`.
        steps: after which the margin is whole.

    Raises:
        ValueError: ``steps`` below one.

    >>> from tfretrieval.losses import MultiplicativeEuclideanMarginSoftmax
    >>> loss = MultiplicativeEuclideanMarginSoftmax(4.0)
    >>> annealing = MarginAnnealing(loss, steps=100)
    >>> annealing.margin_at(0), annealing.margin_at(50), annealing.margin_at(1000)
    (1.0, 2.5, 4.0)
    """

    def __init__(self, loss: tf.keras.losses.Loss, steps: int = 100_000):
        super().__init__()
        if steps < 1:
            raise ValueError(f"steps must be at least 1, got {steps}")
        self.loss = loss
        self.steps = steps

    def margin_at(self, step: int) -> float:
        """The margin of the step that comes after so many."""
        return 1 + (self.loss.margin - 1) * min(step / self.steps, 1)

    def on_train_batch_begin(self, batch, logs=None):
        # Converted first: under ``tf.distribute`` a variable is no number.
        step = int(tf.convert_to_tensor(self.model.optimizer.iterations))
        self.loss.current.assign(self.margin_at(step))

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs["margin"] = float(tf.convert_to_tensor(self.loss.current))
