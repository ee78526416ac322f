"""Which layers of a network give feature maps, and which end a stage."""

from __future__ import annotations

import tensorflow as tf

# A stage begins where the side of the map falls below this share: convolutions without padding trim
# a map, strides halve it.
SHRINKS = 0.75
# They pass the picture on as it is, or frame a map with zeros for the layer after them.
_NO_FEATURES = (
    tf.keras.layers.InputLayer,
    tf.keras.layers.Normalization,
    tf.keras.layers.Rescaling,
    tf.keras.layers.ZeroPadding2D,
)


def stages(model: tf.keras.Model) -> list[str]:
    """Names of the layers that end a network's stages, the shallow ones first.

    Layers whose maps are of one size are a stage. Its end is the last of the widest among them:
    where branches meet there are more channels than inside a branch of the next reduction. The
    end of the last stage is its last layer.

    >>> image = tf.keras.Input((32, 32, 3))
    >>> x = tf.keras.layers.Conv2D(4, 3, padding="same", name="fine")(image)
    >>> x = tf.keras.layers.Conv2D(8, 3, 2, padding="same", name="coarse")(x)
    >>> stages(tf.keras.Model(image, tf.keras.layers.ReLU(name="end")(x)))
    ['fine', 'end']
    """
    ends: dict[int, tf.keras.layers.Layer] = {}
    for layer in feature_maps(model):
        side, channels = _side(layer), layer.output.shape[-1]
        # One cell is a gate (squeeze and excitation), not a stage.
        if side > 1 and (side not in ends or channels >= ends[side].output.shape[-1]):
            ends[side] = layer
    if not ends:
        return []
    sides = sorted(ends, reverse=True)
    ends[sides[-1]] = [layer for layer in feature_maps(model) if _side(layer) == sides[-1]][-1]
    following = [*sides[1:], 0]
    kept = [a for a, b in zip(sides, following, strict=True) if b < SHRINKS * a]
    return [ends[side].name for side in kept]


def feature_maps(model: tf.keras.Model, any_size: bool = False) -> list[tf.keras.layers.Layer]:
    """The layers whose outputs are feature maps, in the network's order."""
    return [x for x in model.layers if gives_map(x, any_size) and not isinstance(x, _NO_FEATURES)]


def gives_map(layer: tf.keras.layers.Layer, any_size: bool = False) -> bool:
    """Whether a layer's output is ``[B, h, w, C]``, of known h and w unless ``any_size``."""
    # A network inside the network has an output of its own, which outer pictures do not reach.
    if isinstance(layer, (tf.keras.Model, tf.keras.layers.InputLayer)):
        return False
    output = output_of(layer)
    known = slice(3 if any_size else 1, None)
    return output is not None and len(output.shape) == 4 and None not in output.shape[known]


def output_of(layer: tf.keras.layers.Layer):
    """A layer's symbolic output, or ``None`` when it has none or several."""
    try:
        output = layer.output
    except (AttributeError, RuntimeError, ValueError):
        return None
    return None if isinstance(output, (list, tuple, dict)) else output


def _side(layer: tf.keras.layers.Layer) -> int:
    return min(layer.output.shape[1:3])
