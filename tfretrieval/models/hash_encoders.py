"""Backbone -> pooled features -> relaxed hash code."""

import tensorflow as tf

from tfretrieval.layers.hash_layer import HashLayer
from tfretrieval.models.features import pooled_features


def hash_encoder(backbone: tf.keras.Model, bits: int, activation: str = "tanh") -> tf.keras.Model:
    """Encoder from pictures to relaxed codes in [-1, 1]; a bit is ``code >= 0``.

    Stage 2 of Pan et al. 2021, section 3. The model shares the backbone's layers: freeze them
    with ``backbone.trainable = False`` to train the hash layer alone, as the paper does.

    Args:
        backbone: model whose output is a map ``[B, h, w, C]``; its inputs, one image or several
            by name, are the encoder's.
        bits: length of the code.
        activation: of the :class:`~tfretrieval.layers.HashLayer`.

    Returns:
        A functional model, images to float32 codes ``[B, bits]``, output ``codes``.

    Raises:
        ValueError: ``bits`` below one, or an unknown activation.

    >>> from tfretrieval.backbones import resnet18
    >>> hash_encoder(resnet18((32, 32, 3), width=8), bits=16).output_shape
    (None, 16)
    """
    features = pooled_features(backbone)
    codes = HashLayer(bits, activation, name="codes")(features)
    return tf.keras.Model(backbone.input, codes, name=f"{backbone.name}_hash_encoder")
