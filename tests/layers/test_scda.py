import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_layer
from tests.golden_files import assert_matches, golden
from tfretrieval.layers import SCDA

FILE = golden("scda")
# Cells far from the mean, so that no rounding moves one across it.
PEAKS = np.random.default_rng(0).permuted(np.tile([0.2, 1.0], (3, 10)), axis=1).reshape(3, 4, 5, 1)
X = np.float32(PEAKS * np.random.default_rng(1).uniform(0.5, 1, (3, 4, 5, 6)))


def halves_of_length_one(descriptors):
    halves = descriptors.reshape(len(descriptors), 2, -1)
    lengths = np.linalg.norm(halves, axis=2, keepdims=True)
    return (halves / lengths).reshape(descriptors.shape)


def test_contract():
    check_layer(SCDA, X)


@pytest.mark.parametrize("name", ["descriptor4", "descriptor4_maskmean"])
def test_matches_pyretri(name):
    assert_matches(SCDA()(FILE["x"]), halves_of_length_one(FILE[name]))


def test_what_lies_outside_the_largest_component_does_not_count():
    maps = np.zeros((1, 5, 5, 2), np.float32)
    maps[0, 1:3, 1:3] = [1, 2]
    expected = SCDA()(maps)
    # Touching at a corner is not touching, and two cells are fewer than four.
    maps[0, 3:5, 3] = [9, 0]
    np.testing.assert_allclose(SCDA()(maps), expected, rtol=1e-6)


def test_of_a_constant_map_every_cell_counts():
    found = SCDA()(np.full((1, 3, 3, 4), 2, np.float32))
    np.testing.assert_allclose(found, np.full((1, 8), 0.5), rtol=1e-6)


def test_refuses_vectors_and_maps_of_an_unknown_size():
    with pytest.raises(ValueError, match=r"\[B, H, W, C\]"):
        SCDA()(X[:, 0, 0])
    with pytest.raises(ValueError, match="known height and width"):
        tf.function(SCDA(), [tf.TensorSpec([None, None, 5, 6])]).get_concrete_function()
