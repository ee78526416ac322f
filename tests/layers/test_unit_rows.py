import numpy as np
import tensorflow as tf

from tfretrieval.layers import SquaredDistanceToCenters, UnitRows


def test_centers_start_as_unit_vectors_in_all_directions():
    layer = SquaredDistanceToCenters(500, initializer=UnitRows())
    layer.build((None, 16))
    (rows,) = layer.get_weights()
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-5)
    assert np.linalg.norm(rows.mean(axis=0)) < 0.1


def test_the_seed_decides_and_comes_back_from_the_configuration():
    first = UnitRows(seed=3)
    again = tf.keras.initializers.deserialize(tf.keras.initializers.serialize(first))
    np.testing.assert_array_equal(first((4, 5)), again((4, 5)))
    assert (first((4, 5)) != UnitRows(seed=4)((4, 5))).numpy().any()
    tf.keras.utils.set_random_seed(1)
    drawn = UnitRows()((4, 5))
    tf.keras.utils.set_random_seed(1)
    np.testing.assert_array_equal(UnitRows()((4, 5)), drawn)
