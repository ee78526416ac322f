"""From torchvision's names and array orders to those of ``resnet18``."""

import os

import numpy as np
import tensorflow as tf
from safetensors import SafetensorError
from safetensors.numpy import load_file

from tfretrieval.backbones.weights_file import WeightsError

# Kind of layer -> its arrays in Keras's order: torch's name, and torch's axes in Keras's order.
ARRAYS: dict[type, list[tuple[str, tuple[int, ...]]]] = {
    tf.keras.layers.Conv2D: [("weight", (2, 3, 1, 0))],
    tf.keras.layers.BatchNormalization: [
        ("weight", (0,)),
        ("bias", (0,)),
        ("running_mean", (0,)),
        ("running_var", (0,)),
    ],
    tf.keras.layers.Dense: [("weight", (1, 0)), ("bias", (0,))],
}
CLASSES = 1000
# How many keys a message names.
SHOWN = 3


def resnet18_keys() -> dict[str, str]:
    """Our layer -> torch's module, for every layer of ResNet18 that has weights.

    >>> keys = resnet18_keys()
    >>> keys["stem_conv"], keys["stage2_block1_shortcut_bn"], keys["logits"]
    ('conv1', 'layer2.0.downsample.1', 'fc')
    """
    keys = {"stem_conv": "conv1", "stem_bn": "bn1", "logits": "fc"}
    for stage in range(1, 5):
        for block in (1, 2):
            ours, torch = f"stage{stage}_block{block}", f"layer{stage}.{block - 1}"
            for part in ("conv1", "bn1", "conv2", "bn2"):
                keys[f"{ours}_{part}"] = f"{torch}.{part}"
        if stage > 1:
            keys[f"stage{stage}_block1_shortcut_conv"] = f"layer{stage}.0.downsample.0"
            keys[f"stage{stage}_block1_shortcut_bn"] = f"layer{stage}.0.downsample.1"
    return keys


def load_torch_resnet18(model: tf.keras.Model, path: str | os.PathLike[str]) -> None:
    """Gives a ResNet18 the weights of a torchvision state dict saved as safetensors.

    Kernels turn from ``[out, in, height, width]`` to ``[height, width, in, out]``, the dense
    matrix from ``[out, in]`` to ``[in, out]``. The classifier ``fc`` is loaded into a layer
    ``logits`` of 1,000 classes, and passed over where the model has another one or none; torch's
    counters ``num_batches_tracked`` are passed over. Safetensors hold numbers and names only:
    nothing in the file is run.

    Args:
        model: of ``resnet18`` at width 64; layers it has beyond those keep their weights.
        path: the file. timm's ``resnet18.tv_in1k`` has the same names.

    Raises:
        WeightsError: a file that is no safetensors, or that lacks an array, has one too many or
            one of another shape; the model is left as it was.
    """
    try:
        arrays = load_file(path)
    # Keys and types: number formats that NumPy lacks, such as bfloat16.
    except (OSError, SafetensorError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"{path} cannot be read as safetensors of NumPy's numbers") from error
    layers = {layer.name: layer for layer in model.layers}
    wanted = {}
    for name, module in resnet18_keys().items():
        if name == "logits" and (name not in layers or layers[name].units != CLASSES):
            continue
        order = ARRAYS[type(layers[name])]
        shapes = [weight.shape for weight in layers[name].get_weights()]
        for (array, axes), shape in zip(order, shapes, strict=True):
            wanted[f"{module}.{array}"] = tuple(np.array(shape)[np.argsort(axes)])
    _check(path, arrays, wanted)
    for name, module in resnet18_keys().items():
        if f"{module}.weight" in wanted:
            order = ARRAYS[type(layers[name])]
            values = [arrays[f"{module}.{array}"].transpose(axes) for array, axes in order]
            layers[name].set_weights([value.astype(np.float32) for value in values])


def _check(path, arrays, wanted):
    """Compares names and shapes with those of the model."""
    lacking = [key for key in wanted if key not in arrays]
    left_over = [
        key
        for key in arrays
        if key not in wanted
        and not key.endswith(".num_batches_tracked")
        and key not in ("fc.weight", "fc.bias")
    ]
    other_shape = [
        f"{key} {list(arrays[key].shape)} instead of {list(map(int, shape))}"
        for key, shape in wanted.items()
        if key in arrays and arrays[key].shape != shape
    ]
    faults = {"lacks": lacking, "has no place for": left_over, "has": other_shape}
    found = [f"{verb} {_some(names)}" for verb, names in faults.items() if names]
    if found:
        raise WeightsError(f"{path} is not torchvision's ResNet18: it {', '.join(found)}")


def _some(names):
    rest = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")
