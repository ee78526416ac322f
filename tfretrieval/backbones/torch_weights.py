"""From torchvision's names and array orders to those of our ResNets."""

import os

import numpy as np
import tensorflow as tf
from safetensors import SafetensorError
from safetensors.numpy import load_file

from tfretrieval.backbones.weights_file import Published, WeightsError

# Depth -> torchvision's IMAGENET1K_V1 weights of that ResNet, 46,807,446 and 102,469,840 bytes;
# docs/weights.md says what is known of them.
IMAGENET = {
    18: Published(
        "resnet18.tv_in1k.safetensors",
        "https://huggingface.co/timm/resnet18.tv_in1k/resolve/main/model.safetensors",
        "694f673df6520a3158624e8a89af086f59923ee4cd7436fe5bc3bc71d295ad81",
    ),
    50: Published(
        "resnet50.tv_in1k.safetensors",
        "https://huggingface.co/timm/resnet50.tv_in1k/resolve/main/model.safetensors",
        "5d061a3c593d795bfe682d9b152bafbcf550579873492def3515b46db1189888",
    ),
}
# Channels of the first stage in them.
WIDTH = 64
# Depth -> blocks of the four stages.
BLOCKS = {18: (2, 2, 2, 2), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}
# Convolutions of a block; from 50 layers on blocks are bottlenecks.
CONVOLUTIONS = {18: 2, 50: 3}
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


def resnet_keys(depth: int = 18) -> dict[str, str]:
    """Our layer -> torch's module, for every layer of a ResNet that has weights.

    >>> keys = resnet_keys()
    >>> keys["stem_conv"], keys["stage2_block1_shortcut_bn"], keys["logits"]
    ('conv1', 'layer2.0.downsample.1', 'fc')
    >>> resnet_keys(50)["stage1_block3_bn3"]
    'layer1.2.bn3'
    """
    keys = {"stem_conv": "conv1", "stem_bn": "bn1", "logits": "fc"}
    for stage, blocks in enumerate(BLOCKS[depth], start=1):
        for block in range(1, blocks + 1):
            ours, torch = f"stage{stage}_block{block}", f"layer{stage}.{block - 1}"
            for number in range(1, CONVOLUTIONS[depth] + 1):
                for part in ("conv", "bn"):
                    keys[f"{ours}_{part}{number}"] = f"{torch}.{part}{number}"
        # Where the channels change; those of basic blocks do not in the first stage.
        if stage > 1 or CONVOLUTIONS[depth] == 3:
            keys[f"stage{stage}_block1_shortcut_conv"] = f"layer{stage}.0.downsample.0"
            keys[f"stage{stage}_block1_shortcut_bn"] = f"layer{stage}.0.downsample.1"
    return keys


def load_torch_resnet(model: tf.keras.Model, path: str | os.PathLike[str], depth: int = 18) -> None:
    """Gives a ResNet the weights of a torchvision state dict saved as safetensors.

    Kernels turn from ``[out, in, height, width]`` to ``[height, width, in, out]``, the dense
    matrix from ``[out, in]`` to ``[in, out]``. The classifier ``fc`` is loaded into a layer
    ``logits`` of 1,000 classes, and passed over where the model has another one or none; torch's
    counters ``num_batches_tracked`` are passed over. Safetensors hold numbers and names only:
    nothing in the file is run.

    Args:
        model: a ResNet at width 64; layers it has beyond torchvision's keep their weights.
        path: the file. timm's ``resnet18.tv_in1k`` and ``resnet50.tv_in1k`` have the same names.
        depth: 18 or 50.

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
    keys, wanted = resnet_keys(depth), {}
    for name, module in keys.items():
        if name == "logits" and (name not in layers or layers[name].units != CLASSES):
            continue
        order = ARRAYS[type(layers[name])]
        shapes = [weight.shape for weight in layers[name].get_weights()]
        for (array, axes), shape in zip(order, shapes, strict=True):
            wanted[f"{module}.{array}"] = tuple(np.array(shape)[np.argsort(axes)])
    _check(path, depth, arrays, wanted)
    for name, module in keys.items():
        if f"{module}.weight" in wanted:
            order = ARRAYS[type(layers[name])]
            values = [arrays[f"{module}.{array}"].transpose(axes) for array, axes in order]
            layers[name].set_weights([value.astype(np.float32) for value in values])


def _check(path, depth, arrays, wanted):
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
        raise WeightsError(f"{path} is not torchvision's ResNet{depth}: it {', '.join(found)}")


def _some(names):
    rest = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")
