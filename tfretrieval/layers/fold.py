"""Bringing tuples of pictures through an encoder that knows only batches."""

import tensorflow as tf


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class Fold(tf.keras.layers.Layer):
    """Folds tuples into the batch: ``[B, K, ...]`` to ``[B K, ...]``.

    Use it with :class:`Unfold` around an image encoder. ``TimeDistributed`` would call batch
    normalisation with statistics of its own for every member.

    >>> tuple(Fold()(tf.zeros([2, 3, 8, 8, 1])).shape)
    (6, 8, 8, 1)
    """

    def call(self, inputs):
        shape = tf.shape(inputs)
        folded = tf.reshape(inputs, tf.concat([[shape[0] * shape[1]], shape[2:]], axis=0))
        folded.set_shape(self.compute_output_shape(tuple(inputs.shape)))
        return folded

    def compute_output_shape(self, input_shape):
        batch, members, *rest = input_shape
        known = batch is not None and members is not None
        return (batch * members if known else None, *rest)


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class Unfold(tf.keras.layers.Layer):
    """Undoes :class:`Fold`: ``[B K, D]`` to ``[B, K, D]``.

    Args:
        members: K, the pictures of a tuple.

    Raises:
        ValueError: ``members`` below one.

    >>> tuple(Unfold(3)(tf.zeros([6, 4])).shape)
    (2, 3, 4)
    """

    def __init__(self, members: int, **kwargs):
        super().__init__(**kwargs)
        if members < 1:
            raise ValueError(f"members must be at least 1, got {members}")
        self.members = members

    def call(self, inputs):
        batch = tf.shape(inputs)[0] // self.members
        return tf.reshape(inputs, [batch, self.members, inputs.shape[-1]])

    def compute_output_shape(self, input_shape):
        batch, features = input_shape
        return (None if batch is None else batch // self.members, self.members, features)

    def get_config(self):
        return {**super().get_config(), "members": self.members}
