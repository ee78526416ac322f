"""Residual networks in torchvision's layout: the parts that all of them share."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from tfretrieval.backbones.torch_weights import BLOCKS, WIDTH, load_torch_resnet
from tfretrieval.backbones.weights_file import load_keras_file
from tfretrieval.layers.inception_resnet_c import InceptionResNetC
from tfretrieval.layers.spoc import SPoC

# Statistics of ImageNet in RGB, for pictures scaled to [0, 1] (torchvision's preprocessing).
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
# Of ResNeXt's 3x3 convolutions.
GROUPS = 32

# What a block does to its residual before the sum; it is told the block's name.
Gate = Callable[[tf.Tensor, str], tf.Tensor]

layers = tf.keras.layers


def stem(
    input_shape: Sequence[int | None], width: int, preprocess: bool
) -> tuple[tf.Tensor, tf.Tensor]:
    """The input ``image``, and the map of what comes before the first stage."""
    if width < 1:
        raise ValueError(f"width must be at least 1, got {width}")
    image = layers.Input(tuple(input_shape), name="image")
    x = image
    if preprocess:
        scale = [1 / (255 * std) for std in STD]
        offset = [-mean / std for mean, std in zip(MEAN, STD, strict=True)]
        x = layers.Rescaling(scale, offset, name="preprocess")(x)
    x = layers.ZeroPadding2D(3, name="stem_pad")(x)
    x = layers.Conv2D(width, 7, strides=2, use_bias=False, name="stem_conv")(x)
    x = _norm("stem_bn")(x)
    x = layers.ReLU(name="stem_relu")(x)
    # Zeros are the right padding for the maximum because a ReLU comes before it.
    x = layers.ZeroPadding2D(1, name="stem_pool_pad")(x)
    return image, layers.MaxPooling2D(3, strides=2, name="stem_pool")(x)


def ungated(x: tf.Tensor, block: str) -> tf.Tensor:
    """The residual as it is."""
    return x


def stages(
    x: tf.Tensor,
    depth: int,
    block: Callable[[tf.Tensor, int, int, str, Gate], tf.Tensor],
    width: int,
    gate: Gate = ungated,
) -> tf.Tensor:
    """Four stages of residual blocks named ``stage1_block1`` and on; the first block of the
    second to fourth halves the map."""
    for stage, count in enumerate(BLOCKS[depth], start=1):
        for index in range(1, count + 1):
            stride = 2 if stage > 1 and index == 1 else 1
            x = block(x, width * 2 ** (stage - 1), stride, f"stage{stage}_block{index}", gate)
    return x


def basic_block(x: tf.Tensor, filters: int, stride: int, name: str, gate: Gate) -> tf.Tensor:
    """Two 3x3 convolutions and a shortcut, the stride in the first."""
    shortcut = _shortcut(x, filters, stride, name)
    x = _strided(x, filters, stride, name, 1)
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"{name}_conv2")(x)
    return _join(_norm(f"{name}_bn2")(x), shortcut, name, gate)


def bottleneck(x: tf.Tensor, filters: int, stride: int, name: str, gate: Gate) -> tf.Tensor:
    """1x1, 3x3 and 1x1 convolution to ``4 filters`` channels, the stride in the second."""
    return _bottleneck(x, filters, 1, filters, stride, name, gate)


def grouped_bottleneck(x: tf.Tensor, filters: int, stride: int, name: str, gate: Gate) -> tf.Tensor:
    """Bottleneck twice as wide inside, whose 3x3 convolution has 32 groups (ResNeXt, 32x4d)."""
    return _bottleneck(x, 2 * filters, GROUPS, filters, stride, name, gate)


def add_inception_c(x: tf.Tensor, width: int) -> tf.Tensor:
    """The Inception-ResNet-C block, narrower in proportion where the network is."""
    branches = [max(1, round(filters * width / WIDTH)) for filters in (192, 192, 224, 256)]
    return InceptionResNetC(branches[0], branches[1:], name="inception_resnet_c")(x)


def finish(
    name: str, inputs: tf.Tensor | dict[str, tf.Tensor], x: tf.Tensor, num_classes: int | None
) -> tf.keras.Model:
    """The model from its inputs to the map, or to logits where ``num_classes`` is given."""
    if num_classes is not None:
        if num_classes < 1:
            raise ValueError(f"num_classes must be at least 1, got {num_classes}")
        # Added up in float32: Keras 2 loses half of a large float16 map on a CPU.
        x = SPoC(name="features")(x)
        # Logits in float32: a float16 softmax loses the small classes.
        x = layers.Dense(num_classes, dtype="float32", name="logits")(x)
    return tf.keras.Model(inputs, x, name=name)


def with_weights(model: tf.keras.Model, path: Path | None, depth: int) -> tf.keras.Model:
    """The model with the weights of a file, if there is one.

    torchvision's leave the Inception-ResNet-C block as the identity, and gates where they start.
    """
    if path is None:
        return model
    if path.suffix == ".h5":
        load_keras_file(model, path)
        return model
    load_torch_resnet(model, path, depth)
    for layer in model.layers:
        if isinstance(layer, InceptionResNetC):
            layer.up.set_weights([np.zeros_like(weight) for weight in layer.up.get_weights()])
    return model


def _bottleneck(x, inner, groups, filters, stride, name, gate):
    shortcut = _shortcut(x, 4 * filters, stride, name)
    x = layers.Conv2D(inner, 1, use_bias=False, name=f"{name}_conv1")(x)
    x = _norm(f"{name}_bn1")(x)
    x = layers.ReLU(name=f"{name}_relu1")(x)
    x = _strided(x, inner, stride, name, 2, groups)
    x = layers.Conv2D(4 * filters, 1, use_bias=False, name=f"{name}_conv3")(x)
    return _join(_norm(f"{name}_bn3")(x), shortcut, name, gate)


def _strided(x, filters, stride, name, number, groups=1):
    """A 3x3 convolution with explicit padding, normalised, and ReLU."""
    x = layers.ZeroPadding2D(1, name=f"{name}_pad{number}")(x)
    x = layers.Conv2D(
        filters, 3, strides=stride, groups=groups, use_bias=False, name=f"{name}_conv{number}"
    )(x)
    x = _norm(f"{name}_bn{number}")(x)
    return layers.ReLU(name=f"{name}_relu{number}")(x)


def _shortcut(x, filters, stride, name):
    if stride == 1 and x.shape[-1] == filters:
        return x
    x = layers.Conv2D(filters, 1, strides=stride, use_bias=False, name=f"{name}_shortcut_conv")(x)
    return _norm(f"{name}_shortcut_bn")(x)


def _join(x, shortcut, name, gate):
    x = layers.Add(name=f"{name}_add")([gate(x, name), shortcut])
    return layers.ReLU(name=f"{name}_out")(x)


def _norm(name):
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=name)
