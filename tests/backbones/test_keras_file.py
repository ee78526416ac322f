import zipfile

import numpy as np
import pytest
import tensorflow as tf

from tfretrieval.backbones import WeightsError, keras_file
from tfretrieval.layers import HashLayer

layers = tf.keras.layers
PICTURES = np.random.default_rng(0).uniform(0, 255, (2, 16, 16, 3)).astype(np.float32)


def saved(path, side=16, classify=True):
    """A network with a map, and what was trained behind it; its map."""
    image = tf.keras.Input((side, side, 3))
    x = layers.Rescaling(1 / 255)(image)
    map_ = layers.Conv2D(5, 3, strides=2, activation="relu", name="deepest")(x)
    codes = HashLayer(8)(layers.GlobalAveragePooling2D()(map_))
    tf.keras.Model(image, layers.Dense(3)(codes) if classify else map_).save(path)
    return tf.keras.Model(image, map_)


@pytest.mark.parametrize("classify", [True, False])
def test_it_ends_at_the_deepest_map(classify, tmp_path):
    map_ = saved(tmp_path / "mine.keras", classify=classify)
    network = keras_file((16, 16, 3), tmp_path / "mine.keras")
    np.testing.assert_array_equal(network.predict(PICTURES), map_.predict(PICTURES))


def test_it_is_built_anew_for_another_size_and_for_any(tmp_path):
    map_ = saved(tmp_path / "mine.keras", side=None)
    for shape in ((16, 16, 3), (None, None, 3)):
        network = keras_file(shape, tmp_path / "mine.keras")
        assert network.input_shape == (None, *shape)
        np.testing.assert_array_equal(network.predict(PICTURES), map_.predict(PICTURES))
    saved(tmp_path / "small.keras", side=8)
    assert keras_file((16, 16, 3), tmp_path / "small.keras").output_shape == (None, 7, 7, 5)


def test_what_is_no_such_file_is_refused_in_one_line(tmp_path):
    file = tmp_path / "mine.keras"
    for weights in (None, "imagenet", tmp_path / "absent.keras"):
        with pytest.raises(WeightsError, match="which its weights name"):
            keras_file((16, 16, 3), weights)
    file.write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(WeightsError, match="mine.keras is none"):
        keras_file((16, 16, 3), file)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("config.json", "{}")
    with pytest.raises(WeightsError, match="mine.keras cannot be read as a model") as error:
        keras_file((16, 16, 3), file)
    assert "\n" not in str(error.value)
    image = tf.keras.Input((16, 16, 3))
    tf.keras.Model(image, layers.Dense(2)(layers.Flatten()(image))).save(file)
    with pytest.raises(WeightsError, match="no layer that gives a map"):
        keras_file((16, 16, 3), file)
    numbers = tf.keras.Input((4,))
    tf.keras.Model(numbers, layers.Dense(2)(numbers)).save(file)
    with pytest.raises(WeightsError, match="one picture"):
        keras_file((16, 16, 3), file)


def test_no_code_of_a_file_is_run(tmp_path):
    image = tf.keras.Input((16, 16, 3))
    map_ = layers.Lambda(lambda x: x * 2, output_shape=(16, 16, 3))(image)
    tf.keras.Model(image, map_).save(tmp_path / "mine.keras")
    with pytest.raises(WeightsError, match="cannot be read as a model"):
        keras_file((16, 16, 3), tmp_path / "mine.keras")
    # HDF5 by the name of .keras, which Keras 2 would load with all that is in it.
    tf.keras.Model(image, map_).save(tmp_path / "mine.h5")
    (tmp_path / "mine.h5").rename(tmp_path / "other.keras")
    with pytest.raises(WeightsError, match="other.keras is none"):
        keras_file((16, 16, 3), tmp_path / "other.keras")
