import numpy as np
import pytest

from tfretrieval.fitting import fit_center_codes
from tfretrieval.layers import HashLayer


def centers(classes=20, size=32, seed=0):
    rows = np.random.default_rng(seed).standard_normal((classes, size))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def overlap(rows, kernel, bias):
    """Mean of ``<h_i, h_j> / bits`` over pairs of two centers, by a loop."""
    codes = np.where(rows @ kernel + bias >= 0, 1, -1)
    pairs = [(a @ b) / codes.shape[1] for i, a in enumerate(codes) for b in codes[:i]]
    return np.mean(pairs)


def test_codes_of_centers_move_apart_as_far_as_they_can():
    rows = centers()
    before = overlap(rows, *fit_center_codes(rows, 16, steps=1))
    after = overlap(rows, *fit_center_codes(rows, 16, steps=1500, learning_rate=1e-2))
    # Columns half of +1 and half of -1 are the least there is: -1 / (classes - 1).
    assert -1 / 19 - 1e-9 <= after < -0.9 / 19 < before


def test_the_largest_singular_value_is_one():
    kernel, _ = fit_center_codes(centers(), 16, steps=40)
    np.testing.assert_allclose(np.linalg.norm(kernel, 2), 1, rtol=1e-5)


def test_the_map_is_a_hash_layer_and_a_function_of_the_seed():
    first, again, other = (fit_center_codes(centers(), 8, steps=20, seed=s) for s in (0, 0, 1))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert (first[0] != other[0]).any()
    layer = HashLayer(8)
    layer.build((None, 32))
    layer.set_weights(list(first))
    bits = layer(centers().astype(np.float32)).numpy() >= 0
    np.testing.assert_array_equal(bits, centers() @ first[0] + first[1] >= 0)


@pytest.mark.parametrize(
    "change", [{"centers": np.ones((1, 4))}, {"centers": np.full((3, 4), np.nan)}, {"bits": 0}]
)
def test_bad_input_is_refused(change):
    with pytest.raises(ValueError, match="must be"):
        fit_center_codes(**{"centers": centers(), "bits": 8, "steps": 1, **change})
