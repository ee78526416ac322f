"""A network's own feature map as a saliency map."""

from __future__ import annotations

import difflib
import hashlib

import tensorflow as tf

from tfretrieval import images as image_ops
from tfretrieval.compat import never_empty
from tfretrieval.saliency.feature_layers import feature_maps, gives_map, output_of
from tfretrieval.saliency.grey import check_grey, grey_maps
from tfretrieval.saliency.region import MAX_SIDE

# A map is looked for that tells apart at least so many places along a side. Deeper maps find the
# subject better than finer ones: docs/papers/saliency.md has the numbers.
MIN_SIDE = 4


class Localizer(tf.Module):
    """Where a network looks: pictures ``[B, S, S, 3]`` in [0, 255] to maps uint8 ``[B, h, w]``.

    A layer's map ``F [B, h, w, C]`` is summed over its channels in float32, shrunk to at most 32
    cells a side, and scaled to grey levels (:func:`tfretrieval.saliency.grey_maps`). Pan et al.
    2021, section 2.2, take the deepest 8x8 map of a pretrained network at 299 pixels; they do not
    say how channels become one, the sum is SCDA's (Wei et al. 2017).

    It is called eagerly, in ``tf.data`` on batches, in a ``tf.function`` and in a SavedModel, and
    always runs the network in inference mode. It shares the network's weights.

    Args:
        model: a functional or sequential Keras model whose input is one square picture.
        layer: name of the layer whose output is used; ``None``: the deepest map with 4 or more
            cells on both sides, or the deepest of all when none has as many. At 299 pixels this is
            ``conv_7b_ac`` of Inception-ResNet-v2 and ``mixed10`` of Inception-v3, both 8x8, and
            stage 4 of ResNet18.
        grey: ``"minmax"`` or ``"viridis_luma"``.

    Attributes:
        model: pictures to the map ``[B, h, w, C]``.
        layer: the layer's name.
        network: name of the network, and ``source``, the network as it was given.
        image_size: S.
        map_shape: ``(h, w)`` of the result.

    Raises:
        ValueError: the input is no square picture of a fixed size, the layer is unknown or gives no
            map, or ``grey`` is unknown.

    >>> image = tf.keras.Input((32, 32, 3))
    >>> network = tf.keras.Model(image, tf.keras.layers.Conv2D(4, 3, 2, name="map")(image))
    >>> localizer = Localizer(network)
    >>> localizer.layer, localizer.image_size, localizer(tf.zeros([5, 32, 32, 3])).shape
    ('map', 32, TensorShape([5, 15, 15]))
    """

    reduction = "sum"
    source: tf.keras.Model

    def __init__(self, model: tf.keras.Model, layer: str | None = None, grey: str = "minmax"):
        super().__init__()
        self.grey = check_grey(grey)
        self.image_size = check_input(model)
        # Past tf.Module's tracking: an export needs no more than `model`.
        object.__setattr__(self, "source", model)
        self.network = model.name
        self.layer = _deepest(model) if layer is None else _named(model, layer)
        self.model = tf.keras.Model(model.inputs[0], model.get_layer(self.layer).output)
        height, width = self.model.output.shape[1:3]
        self.map_shape = (min(height, MAX_SIDE), min(width, MAX_SIDE))

    @property
    def identity(self) -> dict[str, str | int]:
        """What a map depends on, as plain values.

        The network's layout enters by its name alone: give another preprocessing another name.
        """
        return {
            "network": self.network,
            "layer": self.layer,
            "image_size": self.image_size,
            "grey": self.grey,
            "reduction": self.reduction,
            "weights": _checksum(self._weights()),
        }

    def __call__(self, images: tf.Tensor) -> tf.Tensor:
        side = self.image_size
        images = tf.ensure_shape(tf.cast(images, tf.float32), [None, side, side, 3])
        maps = never_empty(self._reduced, images)
        if tuple(maps.shape[1:]) != self.map_shape:
            maps = image_ops.resize(maps[..., None], self.map_shape)[..., 0]
        return grey_maps(maps, self.grey)

    def _reduced(self, images):
        """One value a cell, float32 ``[B, h, w]``."""
        return tf.reduce_sum(tf.cast(self.model(images, training=False), tf.float32), axis=-1)

    def _weights(self):
        return self.model.get_weights()


def check_input(model: tf.keras.Model) -> int:
    """S of a network whose input is ``[B, S, S, 3]``, or ``ValueError``."""
    shape = getattr(model, "input_shape", None)
    if not (
        isinstance(shape, tuple)
        and len(shape) == 4
        and shape[1] is not None
        and shape[1] == shape[2]
        and shape[3] == 3
    ):
        raise ValueError(
            f"a localizer needs a network whose input is [B, S, S, 3] with a fixed S, not {shape}"
        )
    return shape[1]


def _deepest(model: tf.keras.Model) -> str:
    found = feature_maps(model)
    if not found:
        raise ValueError(
            f"no layer of {model.name} gives a map [B, h, w, C]{_inside(model.layers)}"
        )
    large = [layer for layer in found if min(layer.output.shape[1:3]) >= MIN_SIDE]
    return (large or found)[-1].name


def _named(model: tf.keras.Model, name: str) -> str:
    layers = {layer.name: layer for layer in model.layers}
    if name not in layers:
        near = difflib.get_close_matches(name, layers, n=3, cutoff=0.4)
        hint = f"; near it: {', '.join(near)}" if near else ""
        raise ValueError(f"{model.name} has no layer {name!r}{hint}")
    if not gives_map(layers[name]):
        output = output_of(layers[name])
        shape = None if output is None else tuple(output.shape)
        raise ValueError(
            f"layer {name!r} of {model.name} gives no map [B, h, w, C] but {shape}; "
            f"leave it out to take the deepest map{_inside([layers[name]])}"
        )
    return name


def _inside(layers) -> str:
    """What to do where a map lies in a network within the network."""
    names = [repr(layer.name) for layer in layers if isinstance(layer, tf.keras.Model)]
    return f"; {', '.join(names)} is a network of its own: look with that one" if names else ""


def _checksum(weights) -> str:
    digest = hashlib.sha256()
    for array in weights:
        digest.update(array.tobytes())
    return digest.hexdigest()[:16]
