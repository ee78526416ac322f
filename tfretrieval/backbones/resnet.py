"""ResNet18 in torchvision's layout, and ResNet18-I with an Inception-ResNet-C block on top."""

import os
from collections.abc import Sequence

import tensorflow as tf

from tfretrieval.backbones._residual import (
    add_inception_c,
    basic_block,
    bottleneck,
    finish,
    stages,
    stem,
    with_weights,
)
from tfretrieval.backbones.torch_weights import resnet_file


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
    path = resnet_file("resnet18", 18, weights, width, download)
    image, x = stem(input_shape, width, preprocess)
    x = stages(x, 18, basic_block, width)
    return with_weights(finish("resnet18", image, x, num_classes), path, 18)


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
    path = resnet_file("resnet18_i", 18, weights, width, download)
    image, x = stem(input_shape, width, preprocess)
    x = add_inception_c(stages(x, 18, basic_block, width), width)
    return with_weights(finish("resnet18_i", image, x, num_classes), path, 18)


def resnet50_v1_5(
    input_shape: Sequence[int | None] = (224, 224, 3),
    width: int = 64,
    preprocess: bool = True,
    weights: str | os.PathLike[str] | None = None,
    num_classes: int | None = None,
    download: bool = False,
) -> tf.keras.Model:
    """ResNet50 as torchvision has it: the stride is in the 3x3 convolutions.

    What :func:`se_resnet` of depth 50 is without its gates; :func:`resnet50` is the first version.

    Arguments and errors are those of :func:`resnet18`; the map has 32 width channels.

    >>> resnet50_v1_5((64, 64, 3), width=4).output_shape
    (None, 2, 2, 128)
    """
    path = resnet_file("resnet50_v1_5", 50, weights, width, download)
    image, x = stem(input_shape, width, preprocess)
    x = stages(x, 50, bottleneck, width)
    return with_weights(finish("resnet50_v1_5", image, x, num_classes), path, 50)
