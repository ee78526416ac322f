"""The learning rate of sketch retrieval."""

import numpy as np
import pytest
import tensorflow as tf

from recipes.sketch.schedule import ConstantThenLinear


def test_the_rate_is_constant_for_half_of_the_steps_and_then_falls_to_zero():
    rate = ConstantThenLinear(0.1, 100)
    found = [float(rate(tf.constant(step))) for step in (0, 50, 75, 100)]
    np.testing.assert_allclose(found, [0.1, 0.1, 0.05, 0])
    again = ConstantThenLinear.from_config(rate.get_config())
    assert float(again(tf.constant(75))) == pytest.approx(0.05)
