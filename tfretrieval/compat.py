"""Where Keras 2 and Keras 3 differ."""

import tensorflow as tf


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
