"""Backbone -> pooled features -> class logits."""

import tensorflow as tf

from tfretrieval.models.features import pooled_features


def classifier(backbone: tf.keras.Model, num_classes: int, dropout: float = 0.0) -> tf.keras.Model:
    """Classification network on a backbone's last map, for softmax cross-entropy.

    Stage 1 of Pan et al. 2021, section 3. The pooled features are the layer ``features``; the
    model shares the backbone's layers, so training it trains the backbone.

    Args:
        backbone: model whose output is a map ``[B, h, w, C]``; its inputs, one image or several
            by name, are the model's.
        num_classes: width of the logits.
        dropout: share of the pooled features that is dropped in training, before the logits.

    Returns:
        A functional model, images to float32 logits ``[B, num_classes]``, output ``logits``.

    Raises:
        ValueError: fewer than two classes, or a dropout outside [0, 1).

    >>> from tfretrieval.backbones import resnet18
    >>> classifier(resnet18((32, 32, 3), width=8), num_classes=3).output_shape
    (None, 3)
    """
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout must be in [0, 1), got {dropout}")
    features = pooled_features(backbone)
    if dropout:
        features = tf.keras.layers.Dropout(dropout, name="dropout")(features)
    logits = class_logits(features, num_classes)
    return tf.keras.Model(backbone.input, logits, name=f"{backbone.name}_classifier")


def class_logits(features: tf.Tensor, num_classes: int, use_bias: bool = True) -> tf.Tensor:
    """The layer ``logits`` on features: float32 ``[B, num_classes]``.

    Raises:
        ValueError: fewer than two classes.
    """
    if num_classes < 2:
        raise ValueError(f"a classifier needs at least two classes, got {num_classes}")
    # Logits in float32: a float16 softmax loses the small classes.
    return tf.keras.layers.Dense(num_classes, use_bias=use_bias, dtype="float32", name="logits")(
        features
    )
