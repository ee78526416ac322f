"""A network that trains on what its own attention looks at, and on what is left without it."""

import tensorflow as tf

from tfretrieval.layers.attention_crop import AttentionCrop
from tfretrieval.layers.attention_drop import AttentionDrop

# ImageNet's, of pictures in [0, 255].
MEAN_COLOUR = (123.675, 116.28, 103.53)


def attention_augmented(
    network: tf.keras.Model, seed: int = 0, fill: tuple[float, ...] = MEAN_COLOUR
) -> tf.keras.Model:
    """A network around another that also classifies crops and drops of every picture.

    Whole pictures go through ``network``; its attention, which passes no gradient here, makes of
    each an :class:`~tfretrieval.layers.AttentionCrop` and an
    :class:`~tfretrieval.layers.AttentionDrop`, and both go through the same weights. A training
    step costs about three of ``network``'s. What is used afterwards is ``network`` itself, whose
    weights have been trained::

        network = model.get_layer(network.name)

    Source: Hu and Qi 2019 (WS-DAN), where the three cross-entropies are averaged; their loss on
    distances to the centers of parts is left out.

    Args:
        network: as :func:`gdf_net` makes it: one input, images in [0, 255], and outputs ``logits``
            and ``attention`` among others.
        seed: of the draws of maps and thresholds.
        fill: what :class:`~tfretrieval.layers.AttentionDrop` writes.

    Returns:
        A functional model with the outputs of ``network`` and ``"crop"`` and ``"drop"``,
        ``[B, num_classes]``: the logits of the two views. In inference both see whole pictures.

    Raises:
        ValueError: several inputs, or no output ``logits`` or ``attention``.

    >>> from tfretrieval.backbones import resnet18
    >>> from tfretrieval.models import gdf_net
    >>> network = gdf_net(resnet18((64, 64, 3), width=8), num_classes=3, bits=12, parts=4)
    >>> model = attention_augmented(network)
    >>> sorted(model.output)
    ['attention', 'codes', 'crop', 'drop', 'logits']
    >>> cross_entropy = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    >>> views = ("logits", "crop", "drop")
    >>> losses, weights = dict.fromkeys(views, cross_entropy), dict.fromkeys(views, 1 / 3)
    >>> model.compile(loss=losses, loss_weights=weights, jit_compile=False)
    """
    outputs = network.output if isinstance(network.output, dict) else {}
    if isinstance(network.input, (dict, list)) or not {"logits", "attention"} <= set(outputs):
        raise ValueError(
            f"{network.name} must have one input, images, and the outputs logits and attention"
        )
    images = tf.keras.Input(network.input_shape[1:], name="image")
    whole = network(images)
    views = {
        "crop": AttentionCrop(seed=seed, name="attention_crop"),
        "drop": AttentionDrop(seed=seed, fill=fill, name="attention_drop"),
    }
    seen = [images, whole["attention"]]
    logits = {name: network(view(seen))["logits"] for name, view in views.items()}
    # Keras 2 names losses after layers, not after keys.
    outputs = {
        name: tf.keras.layers.Activation("linear", dtype="float32", name=name)(output)
        for name, output in {**whole, **logits}.items()
    }
    return tf.keras.Model(images, outputs, name=f"{network.name}_augmented")
