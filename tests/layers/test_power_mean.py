import numpy as np
import pytest
import tensorflow as tf

from tfretrieval.layers import PowerMean

X = np.random.default_rng(0).uniform(0.1, 2, (3, 2, 5)).astype(np.float32)


@pytest.mark.parametrize("power", [1.0, 3.0])
def test_is_the_root_of_the_mean_of_powers(power):
    expected = np.mean(X.astype(np.float64) ** power, axis=0) ** (1 / power)
    for jit in (False, True):
        found = tf.function(PowerMean(power), jit_compile=jit)([tf.constant(x) for x in X])
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_values_below_zero_count_as_zero_above_power_one():
    tensors = [tf.constant([-9.0]), tf.constant([4.0])]
    assert float(PowerMean(2.0)(tensors)[0]) == pytest.approx(8**0.5)
    assert float(PowerMean(1.0)(tensors)[0]) == -2.5


def test_has_the_shape_and_config_of_one_and_refuses_no_power():
    layer = PowerMean(3.0)
    assert layer.compute_output_shape([(None, 5), (None, 5)]) == (None, 5)
    assert PowerMean.from_config(layer.get_config()).power == 3.0
    with pytest.raises(ValueError, match="must be positive"):
        PowerMean(0)


def test_half_precision_has_powers_beyond_its_range():
    out = PowerMean(3.0, dtype="float16")([tf.constant([100.0], tf.float16)] * 2)
    assert out.dtype == tf.float16 and abs(float(out[0]) - 100) < 0.1
