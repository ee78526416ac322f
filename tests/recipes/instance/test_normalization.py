"""Batch normalisation that training leaves as it is."""

import numpy as np
import tensorflow as tf

from recipes.instance.normalization import freeze_normalization
from tfretrieval.layers import InceptionResNetC


def test_statistics_scale_and_shift_stay_inside_composite_layers_too():
    inputs = tf.keras.Input((4, 4, 3))
    x = tf.keras.layers.BatchNormalization()(inputs)
    x = InceptionResNetC(2, (2, 2, 2), name="block")(x)
    model = tf.keras.Model(inputs, tf.keras.layers.GlobalAveragePooling2D()(x))
    freeze_normalization(model)
    normalizations = [
        layer
        for layer in model._flatten_layers()
        if isinstance(layer, tf.keras.layers.BatchNormalization)
    ]
    # One outside, one in front of each of four activations.
    assert len(normalizations) == 5
    frozen = [w.copy() for layer in normalizations for w in layer.get_weights()]
    trained = [w.copy() for w in model.get_weights()]
    model.compile("sgd", "mse", jit_compile=False)
    images = np.random.default_rng(0).normal(3, 5, (8, 4, 4, 3)).astype(np.float32)
    model.fit(images, np.ones((8, 3), np.float32), verbose=0)
    now = [w for layer in normalizations for w in layer.get_weights()]
    for before, after in zip(frozen, now, strict=True):
        np.testing.assert_array_equal(before, after)
    assert any((a != b).any() for a, b in zip(trained, model.get_weights(), strict=True))
