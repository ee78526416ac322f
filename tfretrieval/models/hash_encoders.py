"""Backbone -> pooled features, or class probabilities -> relaxed hash code."""

from collections.abc import Mapping

import tensorflow as tf

from tfretrieval.layers.hash_layer import HashLayer
from tfretrieval.layers.root_probabilities import RootProbabilities
from tfretrieval.models.features import pooled_features

FEATURES, PROBABILITIES = "features", "probabilities"
READINGS = (FEATURES, PROBABILITIES)
"""What a hash layer on a classifier may read."""


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


def classifier_hash_encoder(
    classifiers: tf.keras.Model | Mapping[str, tf.keras.Model],
    bits: int,
    activation: str = "tanh",
    reads: str = FEATURES,
    temperature: float = 1.0,
) -> tf.keras.Model:
    """Encoder on one trained classifier, or on several that see different views of a picture.

    The hash layer reads the pooled features, ``[f_1, ..., f_V]`` in a row, or the root of the
    normalised product of the probabilities, ``sqrt(softmax((z_1 + ... + z_V) / T))`` (see
    :class:`~tfretrieval.layers.RootProbabilities`).

    Args:
        classifiers: of :func:`~tfretrieval.models.classifier`, whose layers are shared; or several
            by the name of their view.
        bits, activation: of the :class:`~tfretrieval.layers.HashLayer`, the layer ``codes``.
        reads: ``"features"`` or ``"probabilities"``.
        temperature: ``T``.

    Returns:
        A functional model to float32 codes ``[B, bits]``; from images, or from images by view.

    Raises:
        ValueError: ``bits`` below one, no classifier, or an unknown activation or reading.

    >>> from tfretrieval.backbones import resnet18
    >>> from tfretrieval.models import classifier
    >>> views = {
    ...     view: classifier(resnet18((32, 32, 3), width=8), num_classes=3)
    ...     for view in ("whole", "crop")
    ... }
    >>> encoder = classifier_hash_encoder(views, bits=16, reads="probabilities")
    >>> images = tf.zeros([2, 32, 32, 3])
    >>> encoder({"whole": images, "crop": images}).shape
    TensorShape([2, 16])
    """
    if reads not in READINGS:
        raise ValueError(f"reads must be one of {READINGS}, got {reads!r}")
    layer = {FEATURES: "features", PROBABILITIES: "logits"}[reads]
    if isinstance(classifiers, Mapping):
        if not classifiers:
            raise ValueError("an encoder needs at least one classifier")
        inputs = {
            view: tf.keras.Input(model.input_shape[1:], name=view)
            for view, model in classifiers.items()
        }
        # Models inside a model: two networks of a kind have layers of the same names.
        outputs = [
            tf.keras.Model(model.input, model.get_layer(layer).output, name=f"{view}_{layer}")(
                inputs[view]
            )
            for view, model in classifiers.items()
        ]
        name = "_and_".join(classifiers)
    else:
        inputs, outputs = classifiers.input, [classifiers.get_layer(layer).output]
        name = classifiers.name
    x = outputs[0]
    if len(outputs) > 1:
        joined = tf.keras.layers.Concatenate if reads == FEATURES else tf.keras.layers.Add
        x = joined(name=f"joined_{layer}")(outputs)
    if reads == PROBABILITIES:
        x = RootProbabilities(temperature, name="root_probabilities")(x)
    codes = HashLayer(bits, activation, name="codes")(x)
    return tf.keras.Model(inputs, codes, name=f"{name}_hash_encoder")
