"""ResNet18 in torchvision's layout, and ResNet18-I with an Inception-ResNet-C block on top."""

import os
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from tfretrieval.backbones.torch_weights import load_torch_resnet18
from tfretrieval.backbones.weights_file import (
    Published,
    WeightsError,
    find_weights,
    load_keras_file,
)
from tfretrieval.layers.inception_resnet_c import InceptionResNetC

# Statistics of ImageNet in RGB, for pictures scaled to [0, 1] (torchvision's preprocessing).
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
BLOCKS_PER_STAGE = 2
# torchvision's IMAGENET1K_V1 weights, 46,807,446 bytes; docs/weights.md says what is known of them.
IMAGENET = Published(
    "resnet18.tv_in1k.safetensors",
    "https://huggingface.co/timm/resnet18.tv_in1k/resolve/main/model.safetensors",
    "694f673df6520a3158624e8a89af086f59923ee4cd7436fe5bc3bc71d295ad81",
)
IMAGENET_WIDTH = 64

layers = tf.keras.layers


def resnet18(
    input_shape: Sequence[int | None] = (224, 224, 3),
    width: int = 64,
    preprocess: bool = True,
    weights: str | os.PathLike[str] | None = None,
    num_classes: int | None = None,
    download: bool = False,
) -> tf.keras.Model:
    """ResNet18 (He et al. 2016), equal to torchvision's at every input size.

    Padding is explicit and symmetric before every strided window: Keras "same" pads one cell
    more below and right at even sizes, which gives other numbers. Batch normalisation uses
    epsilon 1e-5 and momentum 0.9, torch's defaults in Keras terms.

    Args:
        input_shape: ``(height, width, 3)``; ``None`` for sizes that vary.
        width: channels of the first stage; the four stages have 1, 2, 4 and 8 times as many.
        preprocess: pictures enter in [0, 255] and are normalised by ImageNet's mean and
            standard deviation; ``False`` feeds the numbers to the network as they are.
        weights: ``None`` for random ones; ``"imagenet"`` for torchvision's, whose file lies in
            ``models`` under ``$KERAS_HOME``, which is ``~/.keras`` unless set; or the path of a
            ``.safetensors`` file of torchvision's state dict (width 64), or of a ``.weights.h5``
            file of this function's model, with or without layers behind it.
        num_classes: adds global average pooling and a dense layer of logits. ImageNet's and other
            torchvision weights bring their own for 1,000 classes; for other numbers it is random.
        download: lets Keras fetch the ImageNet file where it is missing or another.

    Returns:
        A functional model: images ``[B, H, W, 3]`` to a map
        ``[B, ceil(H / 32), ceil(W / 32), 8 width]``, or to logits ``[B, num_classes]``.

    Raises:
        ValueError: a width or a number of classes below one.
        WeightsError: a file that is missing or does not fit; a ``ValueError`` too.

    >>> resnet18((64, 64, 3), width=8).output_shape
    (None, 2, 2, 64)
    """
    path = _weights_path("resnet18", weights, width, download)
    inputs, x = _stages(input_shape, width, preprocess)
    return _finish("resnet18", inputs, x, path, num_classes)


def resnet18_i(
    input_shape: Sequence[int | None] = (224, 224, 3),
    width: int = 64,
    preprocess: bool = True,
    weights: str | os.PathLike[str] | None = None,
    num_classes: int | None = None,
    download: bool = False,
) -> tf.keras.Model:
    """ResNet18-I: ResNet18 and one Inception-ResNet-C block after its deepest convolution.

    Source: Pan et al. 2021, section 2.1. The widths of the paper's figure 2 are not in its text;
    at ``width=64`` the block has those of Inception-ResNet-v2 (192 / 192-224-256, scale 0.2),
    and narrower networks narrow the block in proportion.

    torchvision's weights know nothing of the block. Its last convolution then starts at zero,
    kernel and bias, so that the block is the identity at first and the first step of training
    moves it away from there.

    Arguments, result and errors are those of :func:`resnet18`; a ``.weights.h5`` file is one of a
    ResNet18-I.

    >>> resnet18_i((64, 64, 3), width=8, num_classes=5).output_shape
    (None, 5)
    """
    path = _weights_path("resnet18_i", weights, width, download)
    inputs, x = _stages(input_shape, width, preprocess)
    branches = [max(1, round(filters * width / 64)) for filters in (192, 192, 224, 256)]
    x = InceptionResNetC(branches[0], branches[1:], name="inception_resnet_c")(x)
    return _finish("resnet18_i", inputs, x, path, num_classes)


def _weights_path(name, weights, width, download):
    """The file to load, found before the network is built; ``None`` for random weights."""
    if weights is None:
        return None
    file = IMAGENET.name if weights == "imagenet" else os.fspath(weights)
    if file.endswith(".safetensors"):
        if width != IMAGENET_WIDTH:
            raise WeightsError(
                f"{weights} weights are of width {IMAGENET_WIDTH}, this network's is {width}"
            )
    elif not file.endswith(".weights.h5"):
        raise WeightsError(
            f"{file} must end in .safetensors or .weights.h5: other formats, such as torch's "
            "pickles, are not read"
        )
    return find_weights(name, weights, IMAGENET, download)


def _stages(input_shape, width, preprocess):
    """Input tensor and the last map of ResNet18."""
    if width < 1:
        raise ValueError(f"width must be at least 1, got {width}")
    inputs = layers.Input(tuple(input_shape), name="image")
    x = inputs
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
    x = layers.MaxPooling2D(3, strides=2, name="stem_pool")(x)
    for stage in range(1, 5):
        for block in range(1, BLOCKS_PER_STAGE + 1):
            stride = 2 if stage > 1 and block == 1 else 1
            x = _basic_block(x, width * 2 ** (stage - 1), stride, f"stage{stage}_block{block}")
    return inputs, x


def _basic_block(x, filters, stride, name):
    """Two 3x3 convolutions and a shortcut, the stride in the first."""
    shortcut = x
    if stride > 1:
        shortcut = layers.Conv2D(
            filters, 1, strides=stride, use_bias=False, name=f"{name}_shortcut_conv"
        )(x)
        shortcut = _norm(f"{name}_shortcut_bn")(shortcut)
    x = layers.ZeroPadding2D(1, name=f"{name}_pad1")(x)
    x = layers.Conv2D(filters, 3, strides=stride, use_bias=False, name=f"{name}_conv1")(x)
    x = _norm(f"{name}_bn1")(x)
    x = layers.ReLU(name=f"{name}_relu1")(x)
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"{name}_conv2")(x)
    x = _norm(f"{name}_bn2")(x)
    x = layers.Add(name=f"{name}_add")([x, shortcut])
    return layers.ReLU(name=f"{name}_out")(x)


def _norm(name):
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=name)


def _finish(name, inputs, x, path, num_classes):
    if num_classes is not None:
        if num_classes < 1:
            raise ValueError(f"num_classes must be at least 1, got {num_classes}")
        x = layers.GlobalAveragePooling2D(name="features")(x)
        # Logits in float32: a float16 softmax loses the small classes.
        x = layers.Dense(num_classes, dtype="float32", name="logits")(x)
    model = tf.keras.Model(inputs, x, name=name)
    if path is not None:
        _load(model, path)
    return model


def _load(model, path):
    if path.suffix == ".h5":
        load_keras_file(model, path)
        return
    load_torch_resnet18(model, path)
    for layer in model.layers:
        if isinstance(layer, InceptionResNetC):
            layer.up.set_weights([np.zeros_like(weight) for weight in layer.up.get_weights()])
