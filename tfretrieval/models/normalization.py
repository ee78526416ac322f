"""Batch normalisation that keeps the statistics it started with."""

import tensorflow as tf


def freeze_normalization(model: tf.keras.layers.Layer) -> int:
    """Freezes every batch normalisation, also those inside composite layers and inner models.

    A frozen one neither trains nor moves its running mean and variance, and computes with them
    while the rest trains: what fine-tuning by small batches, such as tuples, wants. Call it before
    ``compile``.

    Returns:
        How many were frozen.

    >>> from tfretrieval.backbones import resnet18_i
    >>> network = resnet18_i((32, 32, 3), width=8)
    >>> freeze_normalization(network)
    24
    >>> sum("bn" in layer.name and layer.trainable for layer in network.layers)
    0
    """
    frozen = 0
    # Not `model.layers`, which ends at composite layers.
    for layer in model._flatten_layers():
        if isinstance(layer, tf.keras.layers.BatchNormalization):
            layer.trainable = False
            frozen += 1
    return frozen
