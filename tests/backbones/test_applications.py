import hashlib

import h5py
import numpy as np
import pytest
import tensorflow as tf

from tfretrieval.backbones import WeightsError, inception_resnet_v2, inception_v3
from tfretrieval.backbones.applications import FILES

V3_FILE = FILES["inception_v3"][0].split("/")[1]


@pytest.fixture
def keras_home(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    return tmp_path


def write_as_keras_publishes(model, path):
    """The layout of the published files: a group a layer, told by attributes."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        for layer in model.layers:
            group = file.create_group(layer.name)
            names = [f"{layer.name}/{i}".encode() for i in range(len(layer.weights))]
            group.attrs["weight_names"] = names
            for name, value in zip(names, layer.get_weights(), strict=True):
                group[name.decode()] = value


@pytest.mark.parametrize(
    ("build", "last", "channels"),
    [(inception_v3, "mixed10", 2048), (inception_resnet_v2, "conv_7b_ac", 1536)],
    ids=["inception_v3", "inception_resnet_v2"],
)
def test_the_last_map_is_8x8_at_299_and_pixels_enter_from_minus_one_to_one(build, last, channels):
    model = build()
    assert model.name == build.__name__
    assert tuple(model.output.shape) == (None, 8, 8, channels)
    assert tuple(model.get_layer(last).output.shape) == (None, 8, 8, channels)
    # What the first convolution is handed, not only what a layer called "preprocess" gives.
    first = next(layer for layer in model.layers if isinstance(layer, tf.keras.layers.Conv2D))
    entering = tf.keras.Model(model.input, first.input)
    image = np.full((1, 299, 299, 3), [0.0, 127.5, 255.0], np.float32)
    np.testing.assert_allclose(entering(image)[0, 0, 0], [-1, 0, 1], atol=1e-6)


def test_keras_own_file_is_found_and_gives_its_numbers_and_so_does_one_saved_here(
    keras_home, monkeypatch
):
    keras = tf.keras.applications.InceptionV3(
        include_top=False, weights=None, input_shape=(75, 75, 3)
    )
    generator = np.random.default_rng(0)
    for layer in keras.layers:
        if isinstance(layer, tf.keras.layers.BatchNormalization):
            layer.set_weights([generator.uniform(0.5, 1.5, w.shape) for w in layer.get_weights()])
    file = keras_home / "models" / V3_FILE
    write_as_keras_publishes(keras, file)
    images = generator.uniform(0, 255, (2, 75, 75, 3)).astype(np.float32)
    expected = keras(images / 127.5 - 1)
    assert np.ptp(expected) > 0.1
    published = (FILES["inception_v3"][0], hashlib.md5(file.read_bytes()).hexdigest())
    monkeypatch.setitem(FILES, "inception_v3", published)
    model = inception_v3((75, 75, 3), weights="imagenet")
    np.testing.assert_allclose(model(images), expected, rtol=1e-4, atol=1e-4)
    model.save_weights(keras_home / "own.weights.h5")
    for path in (file, keras_home / "own.weights.h5"):
        found = inception_v3((75, 75, 3), weights=path)(images)
        np.testing.assert_allclose(found, model(images), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("build", [inception_v3, inception_resnet_v2])
def test_a_missing_file_is_one_line_that_says_where_it_belongs_and_where_it_is(keras_home, build):
    with pytest.raises(WeightsError) as error:
        build(weights="imagenet")
    message, name = str(error.value), build.__name__
    assert "\n" not in message and "download=True" in message
    assert str(keras_home / "models" / f"{name}_weights_tf_dim_ordering_tf_kernels_notop.h5") in (
        message
    )
    assert f"https://storage.googleapis.com/tensorflow/keras-applications/{name}/" in message
    with pytest.raises(WeightsError, match=r"no weights file .*nowhere\.h5"):
        build(weights=keras_home / "nowhere.h5")


def test_download_asks_keras_for_the_file_of_its_own_place(keras_home, monkeypatch):
    asked = {}

    def get_file(fname, origin, **options):
        asked.update(options, fname=fname, origin=origin)
        path = keras_home / "models" / fname
        path.write_bytes(b"half a file")
        return str(path)

    monkeypatch.setattr(tf.keras.utils, "get_file", get_file)
    with pytest.raises(WeightsError, match="checksum"):
        inception_v3((75, 75, 3), weights="imagenet", download=True)
    assert asked["fname"] == V3_FILE and asked["origin"].endswith(f"/inception_v3/{V3_FILE}")
    assert (asked["cache_dir"], asked["cache_subdir"]) == (str(keras_home), "models")
    assert len(asked["file_hash"]) == 32


def test_another_networks_file_is_refused(tmp_path):
    small = tf.keras.Sequential([tf.keras.layers.Input((4,)), tf.keras.layers.Dense(2)])
    write_as_keras_publishes(small, tmp_path / "small.h5")
    with pytest.raises(WeightsError, match="does not hold the weights"):
        inception_v3((75, 75, 3), weights=tmp_path / "small.h5")


def test_refuses_pictures_that_are_too_small():
    with pytest.raises(ValueError, match="75"):
        inception_v3((64, 64, 3))
