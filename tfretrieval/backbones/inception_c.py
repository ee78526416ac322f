"""The Inception-ResNet-C block behind any backbone."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tfretrieval.backbones._residual import add_inception_c
from tfretrieval.backbones.torch_weights import WIDTH


def with_inception_c(backbone: tf.keras.Model, identity: bool = False) -> tf.keras.Model:
    """A backbone and one Inception-ResNet-C block after its map (Pan et al. 2021, section 2.1).

    Behind 512 channels and more the block has the widths of Inception-ResNet-v2 (192 /
    192-224-256), behind fewer ones it is narrower in proportion, as in
    :func:`~tfretrieval.backbones.resnet18_i`.

    Args:
        backbone: a functional model whose output is a map ``[B, h, w, C]``.
        identity: the block's last convolution starts at zero, so that a network that knows
            something says the same at first. Where its map is negative, which it is not behind a
            ReLU, that of the block cuts it.

    Returns:
        A functional model of the same inputs, which shares the backbone's layers.

    Raises:
        ValueError: no map.

    >>> from tfretrieval.backbones import resnet18
    >>> with_inception_c(resnet18((64, 64, 3), width=4)).output_shape
    (None, 2, 2, 32)
    """
    if isinstance(backbone.output, (list, dict)) or len(backbone.output.shape) != 4:
        raise ValueError(f"a block stands behind a map [B, h, w, C], {backbone.name} gives none")
    width = min(WIDTH, max(1, backbone.output.shape[-1] // 8))
    model = tf.keras.Model(
        backbone.input, add_inception_c(backbone.output, width), name=f"{backbone.name}_i"
    )
    if identity:
        up = model.get_layer("inception_resnet_c").up
        up.set_weights([np.zeros_like(weight) for weight in up.get_weights()])
    return model
