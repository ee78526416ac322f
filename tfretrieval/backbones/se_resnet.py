"""ResNets with squeeze-and-excitation gates, which may know the domain of the picture."""

import os
from collections.abc import Sequence

import tensorflow as tf

from tfretrieval.backbones._residual import (
    GROUPS,
    add_inception_c,
    basic_block,
    bottleneck,
    finish,
    grouped_bottleneck,
    stages,
    stem,
    with_weights,
)
from tfretrieval.backbones.gates import inputs_and_gate
from tfretrieval.backbones.torch_weights import resnet_file

BLOCK = {18: basic_block, 50: bottleneck}
DOMAIN_AWARE = ("stage1", "stage2", "stage3")


def se_resnet(
    input_shape: Sequence[int | None] = (224, 224, 3),
    depth: int = 18,
    domain_aware: bool = False,
    inception_c: bool = False,
    width: int = 64,
    preprocess: bool = True,
    weights: str | os.PathLike[str] | None = None,
    num_classes: int | None = None,
    download: bool = False,
) -> tf.keras.Model:
    """ResNet18 or ResNet50 with a gate on every residual, before it joins the shortcut.

    The layers of the plain network keep their names and are torchvision's (ResNet50's stride is in
    its 3x3 convolutions); the gates are ``stage1_block1_se`` and on.

    With ``domain_aware`` the gates of stages 1 to 3 also read the domain and are called
    ``stage1_block1_dase`` and on, as Lu et al. 2021 have it; those of stage 4 do not.

    Every gate is twice a sigmoid and starts at 1 for every picture, channel and domain (our
    choice): the network gives the plain network's maps at first, torchvision's weights know of no
    gates, and no gate has to climb out of the flat end of a sigmoid.

    Args:
        depth: 18 or 50.
        domain_aware: adds a second input, ``domain``: int32 ``[B]``, 0 for a sketch, 1 for a photo.
        inception_c: adds the block of :func:`resnet18_i` behind the last stage.
        input_shape, width, preprocess, weights, num_classes, download: as of :func:`resnet18`.
            ``"imagenet"`` and ``.safetensors`` files are torchvision's plain ResNet of this depth,
            a ``.weights.h5`` file is one of this function's model.

    Returns:
        A functional model: images ``[B, H, W, 3]``, or ``{"image": ..., "domain": ...}``, to a map
        ``[B, ceil(H / 32), ceil(W / 32), C]``, C being 8 width or, at depth 50, 32 width; or to
        logits ``[B, num_classes]``.

    Raises:
        ValueError: another depth, a width or a number of classes below one.
        WeightsError: a file that is missing or does not fit; a ``ValueError`` too.

    >>> se_resnet((64, 64, 3), width=8).output_shape
    (None, 2, 2, 64)
    >>> model = se_resnet((64, 64, 3), domain_aware=True, width=8)
    >>> tuple(model({"image": tf.zeros([2, 64, 64, 3]), "domain": tf.constant([0, 1])}).shape)
    (2, 2, 2, 64)
    """
    if depth not in BLOCK:
        raise ValueError(f"depth must be 18 or 50, got {depth}")
    name = f"{'dase' if domain_aware else 'se'}_resnet{depth}{'_i' if inception_c else ''}"
    path = resnet_file(name, depth, weights, width, download)
    image, x = stem(input_shape, width, preprocess)
    inputs, gate = inputs_and_gate(image, domain_aware, DOMAIN_AWARE)
    x = stages(x, depth, BLOCK[depth], width, gate)
    if inception_c:
        x = add_inception_c(x, width)
    return with_weights(finish(name, inputs, x, num_classes), path, depth)


def se_resnext101(
    input_shape: Sequence[int | None] = (224, 224, 3),
    domain_aware: bool = False,
    width: int = 64,
    preprocess: bool = True,
    num_classes: int | None = None,
) -> tf.keras.Model:
    """SE-ResNeXt-101 (32x4d): 3, 4, 23 and 3 bottlenecks whose 3x3 convolutions have 32 groups.

    The network of Lu et al. 2021. They start from ImageNet's weights; none are read here, the
    numbers are random. Stem, gates and names are those of :func:`se_resnet`.

    On a CPU Keras compiles grouped convolutions with XLA; the network is meant for a GPU.

    Args:
        width: a multiple of 16, so that 32 groups are of equal width; 64 in the paper.
        input_shape, domain_aware, preprocess, num_classes: as of :func:`se_resnet`.

    Returns:
        A functional model as of :func:`se_resnet`, with 32 width channels in the last map.

    Raises:
        ValueError: another width, a number of classes below one.
    """
    if width % (GROUPS // 2):
        raise ValueError(f"width must be a multiple of {GROUPS // 2}, got {width}")
    name = f"{'dase' if domain_aware else 'se'}_resnext101"
    image, x = stem(input_shape, width, preprocess)
    inputs, gate = inputs_and_gate(image, domain_aware, DOMAIN_AWARE)
    x = stages(x, 101, grouped_bottleneck, width, gate)
    return finish(name, inputs, x, num_classes)
