"""Any network of tf.keras.applications as a backbone, with its own preprocessing inside."""

from __future__ import annotations

import difflib
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from tfretrieval.backbones.applications import _caffe
from tfretrieval.backbones.weights_file import WeightsError, load_keras_file

# Keras gives these one layer more where it loads ImageNet's weights: a file cannot say whether it
# wants that layer.
_OTHER_WITH_IMAGENET = re.compile(r"EfficientNetB\d")


def application_names() -> list[str]:
    """Names of the networks that this TensorFlow's tf.keras.applications has.

    >>> "MobileNetV2" in application_names()
    True
    """
    found = vars(tf.keras.applications).items()
    return sorted(name for name, value in found if name[0].isupper() and callable(value))


def keras_application(
    name: str,
    input_shape: Sequence[int | None] = (224, 224, 3),
    weights: str | os.PathLike[str] | None = None,
    download: bool = False,
) -> tf.keras.Model:
    """A network of tf.keras.applications without its classifier.

    Pictures enter in [0, 255]. What the network's ``preprocess_input`` does to them is its first
    layer, ``preprocess``; networks that scale pictures themselves have none. The layers behind it
    keep Keras's names. ``inception_v3``, ``resnet50`` and their like are the same networks, whose
    ImageNet files are known by name.

    Args:
        name: as Keras spells it, such as ``"MobileNetV2"``; capitals and underscores do not count.
        input_shape: ``(height, width, 3)``; ``None`` for sizes that vary. Keras has a smallest
            side for most networks.
        weights: ``None`` for random ones, ``"imagenet"``, or the path of an ``.h5`` file: Keras's
            own "notop" file or one that this model's ``save_weights`` wrote.
        download: lets Keras take ImageNet's weights, from its cache or, where they are not there,
            from the network.

    Returns:
        A functional model: images ``[B, H, W, 3]`` to the network's last map.

    Raises:
        ValueError: an unknown name, an ``input_shape`` that is too small.
        WeightsError: weights that are missing or do not fit; a ``ValueError`` too.

    >>> keras_application("mobilenet_v2", (64, 64, 3)).output_shape
    (None, 2, 2, 1280)
    """
    name = _spelt(name)
    build = getattr(tf.keras.applications, name)
    if weights == "imagenet" and not download:
        raise WeightsError(
            f"the ImageNet weights of {name} are Keras's to find: pass download=True, which looks "
            "in its cache first, or give a file"
        )
    path = None if weights is None or weights == "imagenet" else _file(name, weights)
    images = tf.keras.layers.Input(tuple(input_shape), name="image")
    preprocess = preprocessing(build)
    try:
        network = build(
            include_top=False,
            weights="imagenet" if weights == "imagenet" else None,
            input_tensor=images if preprocess is None else preprocess(images),
            input_shape=tuple(input_shape),
        )
    except ValueError:
        raise
    except Exception as error:  # what Keras raises for every failure of the network
        reason = str(error).partition("\n")[0]
        raise WeightsError(f"the ImageNet weights of {name} could not be had: {reason}") from error
    # Keras makes the input a list of one, and then warns at every call with a tensor.
    model = tf.keras.Model(images, network.output, name=name)
    if path is not None:
        load_keras_file(model, path)
    return model


def preprocessing(build: Callable[..., tf.keras.Model]) -> tf.keras.layers.Layer | None:
    """The layer that does what the ``preprocess_input`` beside a builder does, if that is anything.

    Keras has three ways, which four pixels tell apart: to [-1, 1], ImageNet's mean and deviation,
    or Caffe's (blue first, without the mean).
    """
    pixels = np.concatenate([np.zeros((1, 3)), 255 * np.eye(3)])
    mapped = sys.modules[build.__module__].preprocess_input(pixels[None].copy())[0]
    offset = mapped[0]
    turned = (mapped[1:] - offset) / 255
    if turned[0, 0] == 0:
        return _caffe()
    scale = np.diag(turned)
    if (scale == 1).all() and not offset.any():
        return None
    return tf.keras.layers.Rescaling(scale.tolist(), offset.tolist(), name="preprocess")


def _spelt(name: str) -> str:
    """Keras's spelling."""
    known = {known.lower(): known for known in application_names()}
    plain = name.lower().replace("_", "")
    if plain not in known:
        near = difflib.get_close_matches(plain, known, 3)
        hint = f"; do you mean {' or '.join(known[each] for each in near)}?" if near else ""
        raise ValueError(f"tf.keras.applications of this TensorFlow has no {name!r}{hint}")
    return known[plain]


def _file(name: str, weights: str | os.PathLike[str]) -> Path:
    path = Path(weights)
    if path.suffix != ".h5":
        raise WeightsError(
            f"{path} must end in .h5: other formats of {name}'s weights are not read"
        )
    if not path.is_file():
        raise WeightsError(f"there is no weights file {path}")
    if _OTHER_WITH_IMAGENET.fullmatch(name):
        raise WeightsError(
            f"{path} is not read: {name} has a layer more with ImageNet's weights than without, "
            "and a file does not say which it is of; save the whole model as .keras"
        )
    return path
