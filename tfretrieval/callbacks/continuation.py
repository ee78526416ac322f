"""Codes that become binary while the network learns."""

import math

import tensorflow as tf


class Continuation(tf.keras.callbacks.Callback):
    """Sets beta of a :class:`~tfretrieval.layers.ScaledTanh` to ``sqrt(1 + rate step)``.

    The step is ``optimizer.iterations``, so that a resumed training continues where it was. With
    ``steps_per_execution`` beta changes once an execution. The logs of an epoch have it as
    ``beta``.

    Source: Cao et al. 2017 (HashNet), with the rate of the authors' code.

    Args:
        layer: whose beta grows.
        rate: how fast.

    Raises:
        ValueError: a negative rate.

    >>> from tfretrieval.layers import ScaledTanh
    >>> Continuation(ScaledTanh(), rate=0.005).beta_at(1600)
    3.0
    """

    def __init__(self, layer: tf.keras.layers.Layer, rate: float = 0.005):
        super().__init__()
        if rate < 0:
            raise ValueError(f"rate must not be negative, got {rate}")
        self.layer = layer
        self.rate = rate

    def beta_at(self, step: int) -> float:
        """Beta of the step that comes after so many."""
        return math.sqrt(1 + self.rate * step)

    def on_train_batch_begin(self, batch, logs=None):
        # Converted first: under ``tf.distribute`` a variable is no number.
        step = int(tf.convert_to_tensor(self.model.optimizer.iterations))
        self.layer.beta.assign(self.beta_at(step))

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs["beta"] = float(tf.convert_to_tensor(self.layer.beta))
