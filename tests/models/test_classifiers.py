import numpy as np
import pytest
import tensorflow as tf

from tests.checks import mixed_precision
from tfretrieval.backbones import resnet18, resnet18_i, se_resnet
from tfretrieval.models import classifier, load_model

IMAGES = np.random.default_rng(0).uniform(0, 255, (6, 32, 32, 3)).astype(np.float32)


@pytest.mark.parametrize("build", [resnet18, resnet18_i])
def test_fits_integer_labels_and_survives_a_keras_file(build, tmp_path, eager_training):
    model = classifier(build((32, 32, 3), width=4), num_classes=3)
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, jit_compile=False)
    model.fit(IMAGES, np.arange(6) % 3, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = tf.keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(IMAGES), model(IMAGES), atol=1e-5)


def test_the_inputs_of_a_backbone_are_those_of_the_classifier(tmp_path, eager_training):
    model = classifier(se_resnet((32, 32, 3), domain_aware=True, width=4), num_classes=3)
    inputs = {"image": IMAGES, "domain": np.arange(6) % 2}
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, jit_compile=False)
    model.fit(inputs, np.arange(6) % 3, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(inputs), model(inputs), atol=1e-5)


def test_features_are_the_pooled_map_and_every_layer_stays_reachable():
    backbone = resnet18((32, 32, 3), width=4)
    model = classifier(backbone, num_classes=3)
    features = tf.keras.Model(model.input, model.get_layer("features").output)
    np.testing.assert_allclose(features(IMAGES), backbone(IMAGES).numpy().mean((1, 2)), rtol=1e-4)
    assert model.get_layer("stage3_block1_conv1") is backbone.get_layer("stage3_block1_conv1")


def test_logits_are_float32_under_mixed_precision():
    with mixed_precision():
        model = classifier(resnet18((32, 32, 3), width=4), num_classes=3)
    assert model(IMAGES).dtype == tf.float32


def test_refuses_one_class():
    with pytest.raises(ValueError, match="two classes"):
        classifier(resnet18((32, 32, 3), width=4), num_classes=1)
