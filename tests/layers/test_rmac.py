import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_layer
from tests.golden_files import assert_matches, golden
from tfretrieval.layers import RMAC

X = np.random.default_rng(0).standard_normal((3, 4, 6, 5)).astype(np.float32)
FILE = golden("cirtorch_pooling")
SHAPES = {"ids": ["wide", "tall", "square", "tiny"]}


def by_loops(maps, regions):
    """The sum over the regions of the golden file and the whole map."""
    total = 0
    for row, column, side in [*regions, (0, 0, max(maps.shape))]:
        largest = maps[:, row : row + side, column : column + side].max((1, 2)).astype(np.float64)
        total = total + largest / (np.linalg.norm(largest, axis=-1, keepdims=True) + 1e-6)
    return total


def test_contract():
    check_layer(RMAC, X)


@pytest.mark.parametrize("which", range(4), **SHAPES)
def test_matches_the_authors_code(which):
    x = FILE[f"x{which}"]
    assert_matches(RMAC()(x), FILE[f"rmac{which}"])
    assert_matches(RMAC(levels=2)(x), FILE[f"rmac_L2_{which}"])
    assert_matches(tf.keras.layers.UnitNormalization()(RMAC()(x)), FILE[f"rmac_l2n_{which}"])


@pytest.mark.parametrize("which", range(4), **SHAPES)
def test_equals_the_loop_over_the_listed_regions(which):
    x = FILE[f"x{which}"]
    assert_matches(RMAC()(x), by_loops(x, FILE[f"rmac_regions{which}"].tolist()))


def test_one_model_serves_pictures_of_every_size():
    inputs = tf.keras.Input((None, None, 16))
    model = tf.keras.Model(inputs, RMAC()(inputs))
    call = tf.function(model, input_signature=[tf.TensorSpec([None, None, None, 16])])
    for which in range(4):
        assert_matches(call(FILE[f"x{which}"]), FILE[f"rmac{which}"])


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (3, 1), (2, 9)])
def test_maps_too_small_for_a_level_go_without_it(shape):
    x = np.random.default_rng(0).standard_normal((2, *shape, 3)).astype(np.float32)
    static = RMAC()(x)
    call = tf.function(RMAC(), input_signature=[tf.TensorSpec([None, None, None, 3])])
    np.testing.assert_allclose(call(x), static, rtol=1e-5)
    assert np.isfinite(static).all()


def test_refuses_no_levels_and_vectors():
    with pytest.raises(ValueError, match="at least 1"):
        RMAC(levels=0)
    with pytest.raises(ValueError, match=r"\[B, H, W, C\]"):
        RMAC()(X[:, 0, 0])
