import numpy as np
import pytest
import tensorflow as tf

from tests.checks import mixed_precision
from tfretrieval.backbones import resnet18
from tfretrieval.models.features import pooled_features


def test_is_one_vector_a_picture_named_features():
    features = pooled_features(resnet18((32, 32, 3), width=4))
    assert tuple(features.shape) == (None, 32)


def test_a_backbone_with_logits_is_refused():
    with pytest.raises(ValueError, match="without num_classes"):
        pooled_features(resnet18((32, 32, 3), width=4, num_classes=3))


@pytest.mark.parametrize("value", [60.0, 100.0])
def test_half_precision_means_a_large_map(value):
    # Added up in float16 these give 63.5 and infinity: Keras 2 on a CPU.
    with mixed_precision():
        maps = tf.keras.Input((32, 32, 2))
        backbone = tf.keras.Model(maps, tf.keras.layers.Activation("linear")(maps))
        model = tf.keras.Model(maps, pooled_features(backbone))
        out = model(np.full((1, 32, 32, 2), value, np.float32))
    assert out.dtype == tf.float16 and out.numpy().tolist() == [[value, value]]
