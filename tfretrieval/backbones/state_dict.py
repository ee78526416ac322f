"""From torch's names and array orders to the layers of a Keras model."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf
from safetensors import SafetensorError
from safetensors.numpy import load_file

from tfretrieval.backbones.torch_file import read_torch_file
from tfretrieval.backbones.weights_file import WeightsError

# Kind of layer -> its arrays in Keras's order: torch's name, and torch's axes in Keras's order.
ARRAYS: dict[type, list[tuple[str, tuple[int, ...]]]] = {
    tf.keras.layers.Conv2D: [("weight", (2, 3, 1, 0))],
    tf.keras.layers.DepthwiseConv2D: [("weight", (2, 3, 0, 1))],
    tf.keras.layers.BatchNormalization: [
        ("weight", (0,)),
        ("bias", (0,)),
        ("running_mean", (0,)),
        ("running_var", (0,)),
    ],
    tf.keras.layers.Dense: [("weight", (1, 0)), ("bias", (0,))],
}
# ImageNet's.
CLASSES = 1000
# How many keys a message names.
SHOWN = 3


def read_state_dict(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """The arrays of a ``.safetensors`` file, or of one that ``torch.save`` wrote, by name.

    Nothing in the file is run.

    Raises:
        WeightsError: no such file, or one that holds anything but a dict of tensors.
    """
    if Path(path).suffix != ".safetensors":
        return read_torch_file(path)
    try:
        return load_file(path)
    # Keys and types: number formats that NumPy lacks, such as bfloat16.
    except (OSError, SafetensorError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"{path} cannot be read as safetensors of NumPy's numbers") from error


def load_state_dict(
    model: tf.keras.Model, path: str | os.PathLike[str], keys: Mapping[str, str], title: str
) -> None:
    """Gives a model the weights of a torch state dict.

    Kernels turn from ``[out, in, height, width]`` to ``[height, width, in, out]``, depthwise ones
    from ``[channels, 1, height, width]`` to ``[height, width, channels, 1]``, the dense matrix
    from ``[out, in]`` to ``[in, out]``. The layer ``logits`` gets the file's classifier where that
    has as many classes; otherwise it is left as it was, unless it has ImageNet's 1,000. torch's
    counters ``num_batches_tracked`` are passed over.

    Args:
        model: layers it has beyond ``keys`` keep their weights.
        path: a file for :func:`read_state_dict`.
        keys: our layer -> torch's module, for every layer with weights, ``logits`` among them.
        title: the network's name, for the messages.

    Raises:
        WeightsError: a file that cannot be read, lacks an array, has one too many or one of
            another shape; the model is left as it was.
    """
    arrays = read_state_dict(path)
    layers = {layer.name: layer for layer in model.layers}
    places = dict(keys)
    head = f"{places['logits']}.weight"
    classes = arrays[head].shape[:1] if head in arrays else ()
    if "logits" not in layers or layers["logits"].units not in (CLASSES, *classes):
        del places["logits"]
    wanted = {}
    for name, module in places.items():
        order = ARRAYS[type(layers[name])]
        shapes = [weight.shape for weight in layers[name].get_weights()]
        for (array, axes), shape in zip(order, shapes, strict=True):
            wanted[f"{module}.{array}"] = tuple(np.array(shape)[np.argsort(axes)])
    _check(path, title, arrays, wanted, keys["logits"])
    for name, module in places.items():
        order = ARRAYS[type(layers[name])]
        values = [arrays[f"{module}.{array}"].transpose(axes) for array, axes in order]
        layers[name].set_weights([value.astype(np.float32) for value in values])


def _check(path, title, arrays, wanted, classifier):
    """Compares names and shapes with those of the model."""
    lacking = [key for key in wanted if key not in arrays]
    left_over = [
        key
        for key in arrays
        if key not in wanted
        and not key.endswith(".num_batches_tracked")
        and key not in (f"{classifier}.weight", f"{classifier}.bias")
    ]
    other_shape = [
        f"{key} {list(arrays[key].shape)} instead of {list(map(int, shape))}"
        for key, shape in wanted.items()
        if key in arrays and arrays[key].shape != shape
    ]
    faults = {"lacks": lacking, "has no place for": left_over, "has": other_shape}
    found = [f"{verb} {_some(names)}" for verb, names in faults.items() if names]
    if found:
        raise WeightsError(f"{path} is not {title}: it {', '.join(found)}")


def _some(names):
    rest = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")
