"""EfficientNet-Lite0 with the gates that it was made without, which may know the domain."""

import os
from collections.abc import Sequence

import tensorflow as tf

from tfretrieval.backbones.efficientnet_lite import WIDTH, build_lite


def se_efficientnet_lite0(
    input_shape: Sequence[int | None] = (224, 224, 3),
    domain_aware: bool = False,
    width: int = WIDTH,
    preprocess: bool = True,
    weights: str | os.PathLike[str] | None = None,
    num_classes: int | None = None,
    download: bool = False,
) -> tf.keras.Model:
    """EfficientNet-Lite0 with a gate in every block, where EfficientNet-B0 has one: behind the
    depthwise convolution (Tan and Le 2019).

    The layers of the plain network keep their names; the gates are ``stage1_block1_se`` and on.
    With ``domain_aware`` those of stages 1 to 5, all but the ones of the last maps, also read the
    domain and are called ``stage1_block1_dase`` and on, after Lu et al. 2021, who have them in the
    first three of a ResNet's four stages.

    Every gate is twice a sigmoid and starts at 1 (our choice), so that ImageNet's weights, which
    know of no gates, give the plain network's maps at first. They are the only ones with gates that
    can be had as a package.

    Args:
        domain_aware: adds a second input, ``domain``: int32 ``[B]``, 0 for a sketch, 1 for a photo.
        input_shape, width, preprocess, weights, num_classes, download: as of
            :func:`efficientnet_lite0`. ``"imagenet"`` and torch's files are the plain network's, a
            ``.weights.h5`` file is one of this function's model.

    Returns:
        A functional model: images ``[B, H, W, 3]``, or ``{"image": ..., "domain": ...}``, to a map
        ``[B, ceil(H / 32), ceil(W / 32), 40 width]``, or to logits ``[B, num_classes]``.

    Raises:
        ValueError: a width or a number of classes below one.
        WeightsError: a file or package that is missing or does not fit; a ``ValueError`` too.

    >>> se_efficientnet_lite0((64, 64, 3), width=4).output_shape
    (None, 2, 2, 160)
    >>> model = se_efficientnet_lite0((64, 64, 3), domain_aware=True, width=4)
    >>> tuple(model({"image": tf.zeros([2, 64, 64, 3]), "domain": tf.constant([0, 1])}).shape)
    (2, 2, 2, 160)
    """
    options = input_shape, width, preprocess, weights, num_classes, download
    return build_lite(0, *options, domain_aware=bool(domain_aware))
