"""Saliency by the predicted class."""

from __future__ import annotations

import tensorflow as tf

from tfretrieval.layers import SPoC
from tfretrieval.saliency.feature_layers import gives_map
from tfretrieval.saliency.localizer import Localizer, check_input


class ClassActivationLocalizer(Localizer):
    """Class-activation maps (Zhou et al. 2016): where a classifier sees the class it predicts.

    ``A = sum_c w[c, k] F_c`` with ``F`` the map that enters the global average pooling, ``w`` the
    kernel of the dense layer after it and ``k`` the class of the highest logit. The sum over all
    channels weighs everything a network reacts to alike; this one only what speaks for the class,
    so a second object of another kind counts less. Everything else is as in
    :class:`tfretrieval.saliency.Localizer`.

    Args:
        model: a classifier that ends in a map, its mean (:class:`~tfretrieval.layers.SPoC` or
            ``GlobalAveragePooling2D``) and a dense layer, with or without dropout before it.
        logits: name of the dense layer.
        grey: ``"minmax"`` or ``"viridis_luma"``.

    Raises:
        ValueError: the model does not end so, or its input is no square picture of a fixed size.

    >>> image = tf.keras.Input((32, 32, 3))
    >>> x = tf.keras.layers.Conv2D(4, 3, 2, name="map")(image)
    >>> x = tf.keras.layers.GlobalAveragePooling2D()(x)
    >>> network = tf.keras.Model(image, tf.keras.layers.Dense(5, name="logits")(x))
    >>> localizer = ClassActivationLocalizer(network)
    >>> localizer.layer, localizer(tf.zeros([2, 32, 32, 3])).shape
    ('map', TensorShape([2, 15, 15]))
    """

    reduction = "class"

    def __init__(self, model: tf.keras.Model, logits: str = "logits", grey: str = "minmax"):
        check_input(model)
        dense = next((layer for layer in model.layers if layer.name == logits), None)
        pooling = _producer(dense, tf.keras.layers.Dense)
        if isinstance(pooling, tf.keras.layers.Dropout):
            pooling = _producer(pooling, tf.keras.layers.Dropout)
        source = _producer(pooling, (tf.keras.layers.GlobalAveragePooling2D, SPoC))
        found = source in model.layers and gives_map(source)
        if dense is None or not found or len(dense.output.shape) != 2:
            raise ValueError(
                f"class-activation maps need a network that ends in a map, its mean (SPoC, "
                f"GlobalAveragePooling2D) and Dense {logits!r}; {model.name} does not"
            )
        super().__init__(model, source.name, grey)
        self.classifier = tf.keras.Model(model.inputs[0], [source.output, dense.output])
        self.dense = dense

    def _reduced(self, images):
        maps, logits = self.classifier(images, training=False)
        kernel = tf.cast(tf.convert_to_tensor(self.dense.kernel), tf.float32)
        chosen = tf.gather(tf.transpose(kernel), tf.argmax(logits, axis=-1))
        return tf.einsum("bhwc,bc->bhw", tf.cast(maps, tf.float32), chosen)

    def _weights(self):
        return self.classifier.get_weights()


def _producer(layer, kind):
    """The layer whose output enters ``layer``, if that one is of a kind; else ``None``."""
    # Outputs cannot be compared: in Keras 3 a Sequential calls its layers anew with each `add`.
    return layer.input._keras_history[0] if isinstance(layer, kind) else None
