"""Gates of the same pictures, told that they are sketches and that they are photos."""

import tensorflow as tf

from recipes.sketch.domain_gates import gates_by_domain
from tests.recipes.sketch.tiny import SMALL


def test_a_channel_has_a_gate_for_sketches_and_one_for_photos(row):
    [gates] = row.result.switched.values()
    assert gates.shape == (2, SMALL["width"])
    assert (gates > 0).all() and (gates < 1).all() and (gates[0] != gates[1]).all()


def test_without_domain_aware_gates_there_are_none(row):
    inputs = tf.keras.Input((2,))
    assert gates_by_domain(row.run, tf.keras.Model(inputs, tf.keras.layers.ReLU()(inputs))) == {}
