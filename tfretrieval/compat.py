"""Where Keras 2 and Keras 3 differ."""

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
