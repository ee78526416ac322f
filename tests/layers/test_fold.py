import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_layer
from tfretrieval.layers import Fold, Unfold

TRIPLETS = np.random.default_rng(0).standard_normal((2, 3, 4)).astype(np.float32)


def test_contracts():
    check_layer(Fold, TRIPLETS)
    check_layer(lambda: Unfold(3), TRIPLETS.reshape(6, 4))


def test_unfold_undoes_fold():
    np.testing.assert_array_equal(Unfold(3)(Fold()(TRIPLETS)), TRIPLETS)


def test_brings_triplets_of_pictures_through_an_encoder_in_fit():
    images = tf.keras.Input((3, 8, 8, 1))
    x = tf.keras.layers.Conv2D(2, 3)(Fold()(images))
    x = tf.keras.layers.BatchNormalization()(x)
    x = tf.keras.layers.GlobalAveragePooling2D()(x)
    model = tf.keras.Model(images, Unfold(3)(x))
    assert tuple(model.output_shape) == (None, 3, 2)
    model.compile("sgd", "mse", jit_compile=False)
    model.fit(np.ones((4, 3, 8, 8, 1)), np.ones((4, 3, 2)), verbose=0)


def test_refuses_no_members():
    with pytest.raises(ValueError, match="at least 1"):
        Unfold(0)
