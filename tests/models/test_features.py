import pytest

from tfretrieval.backbones import resnet18
from tfretrieval.models.features import pooled_features


def test_is_one_vector_a_picture_named_features():
    features = pooled_features(resnet18((32, 32, 3), width=4))
    assert tuple(features.shape) == (None, 32)


def test_a_backbone_with_logits_is_refused():
    with pytest.raises(ValueError, match="without num_classes"):
        pooled_features(resnet18((32, 32, 3), width=4, num_classes=3))
