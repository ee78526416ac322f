import sys

import numpy as np
import pytest
import tensorflow as tf

from tfretrieval.backbones import WeightsError, application_names, keras_application
from tfretrieval.backbones.keras_application import preprocessing

SHAPE = (32, 32, 3)


@pytest.fixture(scope="module")
def mobile():
    return keras_application("MobileNetV2", SHAPE)


def replace_builder(monkeypatch, name, build):
    """A builder in place of Keras's, beside the same ``preprocess_input``."""
    build.__module__ = getattr(tf.keras.applications, name).__module__
    monkeypatch.setattr(tf.keras.applications, name, build)


@pytest.mark.parametrize("name", application_names())
def test_the_first_layer_does_what_keras_asks_for(name):
    build = getattr(tf.keras.applications, name)
    images = np.random.default_rng(0).uniform(0, 255, (2, 3, 4, 3)).astype(np.float32)
    expected = sys.modules[build.__module__].preprocess_input(images.copy())
    layer = preprocessing(build)
    found = images if layer is None else layer(images)
    assert layer is None or layer.name == "preprocess"
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_a_name_is_spelt_as_one_likes_and_the_network_is_keras_s(mobile):
    keras = tf.keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=SHAPE)
    images = np.random.default_rng(0).uniform(0, 255, (2, *SHAPE)).astype(np.float32)
    keras.set_weights(mobile.get_weights())
    np.testing.assert_allclose(mobile(images), keras(images / 127.5 - 1), rtol=1e-4, atol=1e-6)
    assert mobile.name == "MobileNetV2"
    for name in ("mobilenet_v2", "MOBILENETV2"):
        with pytest.raises(WeightsError, match="the ImageNet weights of MobileNetV2 are"):
            keras_application(name, SHAPE, weights="imagenet")


def test_a_network_that_scales_pictures_itself_takes_any_size():
    model = keras_application("MobileNetV3Small", (None, None, 3))
    assert "preprocess" not in {layer.name for layer in model.layers}
    assert tuple(model(np.full((1, 64, 96, 3), 255.0, np.float32)).shape[:3]) == (1, 2, 3)


def test_files_round_trip(mobile, tmp_path):
    images = np.random.default_rng(1).uniform(0, 255, (2, *SHAPE)).astype(np.float32)
    mobile.save_weights(tmp_path / "net.weights.h5")
    mobile.save(tmp_path / "net.keras")
    again = keras_application("MobileNetV2", SHAPE, weights=tmp_path / "net.weights.h5")
    whole = tf.keras.models.load_model(tmp_path / "net.keras")
    for model in (again, whole):
        np.testing.assert_allclose(model(images), mobile(images), rtol=1e-5, atol=1e-7)


def test_imagenet_is_keras_s_and_is_asked_for_with_download_only(monkeypatch):
    real, asked = tf.keras.applications.MobileNetV2, []

    def build(weights, **options):
        asked.append(weights)
        return real(weights=None, **options)

    replace_builder(monkeypatch, "MobileNetV2", build)
    with pytest.raises(WeightsError, match="pass download=True, which looks in its cache first"):
        keras_application("MobileNetV2", SHAPE, weights="imagenet")
    assert asked == []
    keras_application("MobileNetV2", SHAPE, weights="imagenet", download=True)
    assert asked == ["imagenet"]


def test_a_failed_download_is_one_line(monkeypatch):
    def build(**options):
        raise Exception("URL fetch failure on https://nowhere: None\nand more")

    replace_builder(monkeypatch, "MobileNetV2", build)
    with pytest.raises(WeightsError, match="MobileNetV2 could not be had: URL fetch") as error:
        keras_application("MobileNetV2", SHAPE, weights="imagenet", download=True)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "file", "message"),
    [
        ("MobileNetV2", "net.pth", "must end in .h5"),
        ("MobileNetV2", "nowhere.h5", "there is no weights file"),
        ("MobileNetV2", "net.weights.h5", "does not hold the weights of MobileNetV2"),
        ("EfficientNetB0", "net.weights.h5", "has a layer more with ImageNet's weights"),
    ],
)
def test_a_file_that_does_not_fit_is_one_line_that_names_it(tmp_path, name, file, message):
    for written in ("net.pth", "net.weights.h5"):
        (tmp_path / written).write_text("no weights")
    with pytest.raises(WeightsError, match=message) as error:
        keras_application(name, SHAPE, weights=tmp_path / file)
    assert "\n" not in str(error.value) and str(tmp_path / file) in str(error.value)


def test_an_unknown_name_is_told_with_near_ones_and_small_pictures_by_keras():
    with pytest.raises(ValueError, match=r"has no 'mobilnet_v2'; do you mean MobileNetV2"):
        keras_application("mobilnet_v2")
    with pytest.raises(ValueError, match="71"):
        keras_application("Xception", SHAPE)
