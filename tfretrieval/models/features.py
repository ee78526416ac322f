"""Pooled features of a backbone, where both heads begin."""

import tensorflow as tf

from tfretrieval.layers.spoc import SPoC


def pooled_features(backbone: tf.keras.Model) -> tf.Tensor:
    """Global average of a backbone's last map, the layer ``features``: ``[B, C]``.

    Raises:
        ValueError: the backbone ends in something else than a map ``[B, h, w, C]``.
    """
    if len(backbone.output_shape) != 4:
        raise ValueError(
            f"the backbone must end in a map [B, h, w, C], not in {backbone.output_shape}: "
            "build it without num_classes"
        )
    # Keras 2 adds float16 up in float16 on a CPU: of 32 x 32 cells more than half is lost.
    return SPoC(name="features")(backbone.output)
