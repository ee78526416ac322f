"""Backbone -> pooled features -> class logits and distances to the class centers."""

import tensorflow as tf

from tfretrieval.layers.hash_layer import HashLayer
from tfretrieval.layers.squared_distance_to_centers import SquaredDistanceToCenters
from tfretrieval.models.classifiers import class_logits
from tfretrieval.models.features import pooled_features

layers = tf.keras.layers


def center_classifier(
    backbone: tf.keras.Model,
    num_classes: int,
    embedding: int | None = None,
    update: str = "gradient",
    rate: float = 0.5,
    *,
    activation: str | None = None,
) -> tf.keras.Model:
    """Classification network for cross-entropy and a center loss side by side.

    Both heads read the pooled features (the layer ``features``) or, with ``embedding``, a linear
    layer ``embedding`` on them: Song et al. 2018 retrieve by the outputs of fully connected
    layers. What is trained is retrieved with by a model that ends there and reads no label::

        tf.keras.Model(backbone.input, model.get_layer("embedding").output)

    Args:
        backbone: model whose output is a map ``[B, h, w, C]``; its inputs, one image or several
            by name, are the model's.
        num_classes: width of the logits, number of centers.
        embedding: width of the linear layer; none without it.
        activation: of the embedding, which then is a :class:`~tfretrieval.layers.HashLayer` on
            standardised features: ``"tanh"`` or ``"sigmoid"``. Distances of a linear embedding have
            no scale: cross-entropy makes it longer and longer, and what a weight or a margin means
            changes with it. Bounded, it is a relaxed code too. It starts near zero.
        update, rate: of :class:`~tfretrieval.layers.SquaredDistanceToCenters`. With
            ``update="running"`` the model has one more input, ``label``.

    Returns:
        A functional model, images (with running centers ``{"image": ..., "label": ...}``) to
        ``{"logits": ..., "center_distances": ...}``, both float32 ``[B, num_classes]``.

    Raises:
        ValueError: fewer than two classes, an embedding below one, an unknown update or rate, an
            activation that is not known or that nothing has.

    >>> from tfretrieval.losses import CenterLoss
    >>> image = tf.keras.Input((32, 32, 3))
    >>> backbone = tf.keras.Model(image, tf.keras.layers.Conv2D(8, 3, 4)(image))
    >>> model = center_classifier(backbone, num_classes=3, embedding=4)
    >>> cross_entropy = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    >>> model.compile(
    ...     loss={"logits": cross_entropy, "center_distances": CenterLoss()},
    ...     loss_weights={"logits": 1.0, "center_distances": 0.01},
    ...     jit_compile=False,
    ... )
    >>> y = {"logits": tf.zeros([2]), "center_distances": tf.zeros([2])}
    >>> history = model.fit(tf.zeros([2, 32, 32, 3]), y, verbose=0)
    """
    if embedding is not None and embedding < 1:
        raise ValueError(f"embedding must be at least 1, got {embedding}")
    features = pooled_features(backbone)
    if activation is not None:
        if embedding is None:
            raise ValueError(f"activation {activation!r} is that of an embedding: there is none")
        features = layers.BatchNormalization(
            center=False, scale=False, momentum=0.9, name="standardized", dtype="float32"
        )(features)
        features = HashLayer(embedding, activation, start=0.1, name="embedding")(features)
    elif embedding is not None:
        features = layers.Dense(embedding, name="embedding")(features)
    logits = class_logits(features, num_classes)
    centers = SquaredDistanceToCenters(num_classes, update, rate, name="center_distances")
    inputs, seen = backbone.input, features
    if update == "running":
        label = tf.keras.Input((), dtype="int32", name="label")
        images = backbone.input if isinstance(backbone.input, dict) else {"image": backbone.input}
        inputs, seen = {**images, "label": label}, [features, label]
    outputs = {"logits": logits, "center_distances": centers(seen)}
    return tf.keras.Model(inputs, outputs, name=f"{backbone.name}_center_classifier")
