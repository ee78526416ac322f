"""Where Keras 2 and Keras 3 differ, and where TensorFlow does on some processors."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf


def first_replica() -> Any:
    """``add_weight(aggregation=...)`` for a weight that every replica sets to the same value.

    Keras 2 wants TensorFlow's enumeration, Keras 3 a string.

    >>> layer = tf.keras.layers.Layer()
    >>> weight = layer.add_weight(name="w", shape=(2,), aggregation=first_replica())
    """
    if hasattr(tf.keras, "ops"):
        return "only_first_replica"
    return tf.VariableAggregation.ONLY_FIRST_REPLICA


def never_empty(network: Callable[[tf.Tensor], tf.Tensor], batch: tf.Tensor) -> tf.Tensor:
    """``network(batch)``, right for an empty batch too.

    With oneDNN, TensorFlow's default on CPUs with AVX-512, a convolution of no pictures has the
    shape of its input. A picture of zeros passes in place of none, and is cut off again.

    >>> convolution = tf.keras.layers.Conv2D(6, 3)
    >>> tuple(never_empty(convolution, tf.zeros([0, 8, 8, 3])).shape)
    (0, 6, 6, 6)
    """
    if batch.shape[0]:
        return network(batch)
    size = tf.shape(batch)[0]
    one = tf.cast(size == 0, tf.int32)
    # Not by tf.pad, which oneDNN takes into the convolution, where it has no effect on the batch.
    zeros = tf.zeros([one, *tf.unstack(tf.shape(batch)[1:])], batch.dtype)
    return network(tf.concat([batch, zeros], axis=0))[:size]


def optimizer_variables(optimizer: tf.keras.optimizers.Optimizer) -> list:
    """Everything an optimizer needs to go on where it was.

    Keras 2's loss-scale optimizer (mixed precision) leaves its scale and the counter of good steps
    out of ``variables``; Keras 3's does not.

    >>> optimizer = tf.keras.optimizers.SGD()
    >>> optimizer.build([tf.Variable(1.0)])
    >>> len(optimizer_variables(optimizer)) >= 1
    True
    """
    state = getattr(optimizer, "_loss_scale", None)
    names = ("_current_loss_scale", "_counter")
    return [*optimizer.variables, *(getattr(state, name) for name in names if state is not None)]
