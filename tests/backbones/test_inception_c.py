import numpy as np
import pytest
import tensorflow as tf

from tfretrieval.backbones import (
    WeightsError,
    keras_application,
    resnet18,
    resnet18_i,
    with_inception_c,
)
from tfretrieval.backbones.networks import network

PICTURES = np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 3)).astype(np.float32)


def test_behind_resnet18_it_is_resnet18_i():
    ours, published = with_inception_c(resnet18((64, 64, 3), width=8)), resnet18_i((64, 64, 3), 8)
    assert [w.shape for w in ours.get_weights()] == [w.shape for w in published.get_weights()]
    ours.set_weights(published.get_weights())
    np.testing.assert_array_equal(ours(PICTURES), published(PICTURES))


def test_it_starts_as_the_identity_where_that_is_wanted_and_is_trained_from_the_first_step():
    plain = resnet18((64, 64, 3), width=4)
    block = with_inception_c(plain, identity=True)
    np.testing.assert_allclose(block(PICTURES), plain(PICTURES), atol=1e-6)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(block(PICTURES, training=True))
    up = block.get_layer("inception_resnet_c").up
    assert np.abs(tape.gradient(loss, up.kernel)).max() > 0


def test_wide_networks_get_the_published_widths():
    image = tf.keras.Input((8, 8, 3))
    wide = tf.keras.Model(image, tf.keras.layers.Conv2D(1280, 3)(image))
    block = with_inception_c(wide).get_layer("inception_resnet_c")
    assert (block.branch_0, block.branch_1) == (192, (192, 224, 256))


def test_any_name_takes_it(tmp_path):
    built = network("MobileNetV2_i").build((32, 32, 3))
    assert built.output_shape == (None, 1, 1, 1280)
    file = tmp_path / "mobile.weights.h5"
    plain = keras_application("MobileNetV2", (32, 32, 3))
    plain.save_weights(file)
    with_weights = network("MobileNetV2_i").build((32, 32, 3), weights=str(file))
    small = PICTURES[:, :32, :32]
    np.testing.assert_allclose(with_weights(small), plain(small), atol=1e-5)
    with pytest.raises(WeightsError, match="no file holds a classifier behind the block"):
        network("efficientnet_lite0_i").build((32, 32, 3), num_classes=5)


def test_what_gives_no_map_is_refused():
    image = tf.keras.Input((8, 8, 3))
    with pytest.raises(ValueError, match="stands behind a map"):
        with_inception_c(tf.keras.Model(image, tf.keras.layers.Flatten()(image)))
