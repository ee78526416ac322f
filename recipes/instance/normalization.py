"""Batch normalisation that training leaves as it is."""

import tensorflow as tf


def freeze_normalization(model: tf.keras.Model) -> None:
    """Keeps statistics, scale and shift of every batch normalisation, inside layers too.

    Statistics of few tuples are no statistics: those of the starting network stay.
    """
    # ``model.layers`` does not show what a composite layer holds.
    for layer in model._flatten_layers():
        if isinstance(layer, tf.keras.layers.BatchNormalization):
            layer.trainable = False
