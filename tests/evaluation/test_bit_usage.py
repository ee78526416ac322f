import itertools

import numpy as np
import pytest
from scipy.stats import entropy, pearsonr

from tfretrieval.evaluation import bit_usage


def test_equals_scipy_bit_by_bit():
    generator = np.random.default_rng(0)
    codes = np.tanh(generator.standard_normal((40, 7)) + np.linspace(-1, 1, 7))
    bits = (codes >= 0).astype(float)
    found = bit_usage(codes)
    for bit in range(7):
        ones = sum(bits[:, bit]) / 40
        assert found.shares[bit] == pytest.approx(ones)
        assert found.entropies[bit] == pytest.approx(entropy([ones, 1 - ones], base=2))
    pairs = list(itertools.combinations(range(7), 2))
    expected = [pearsonr(bits[:, i], bits[:, j])[0] for i, j in pairs]
    np.testing.assert_allclose([found.correlations[pair] for pair in pairs], expected, atol=1e-12)
    assert found.mean_absolute_correlation == pytest.approx(np.mean(np.abs(expected)))
    assert found.mean_entropy == pytest.approx(found.entropies.mean()) and not found.constant


def test_equal_and_opposite_bits_are_wholly_correlated():
    bit = np.array([1.0, -1, -1, 1, 1])
    found = bit_usage(np.stack([bit, bit, -bit], axis=1))
    np.testing.assert_allclose(np.abs(found.correlations), 1)
    assert found.correlations[0, 2] == pytest.approx(-1)
    assert found.mean_absolute_correlation == pytest.approx(1)


def test_constant_bits_are_counted_and_have_no_correlation():
    # Sums of a tenth are no whole numbers: a constant bit must be seen all the same.
    codes = np.ones((10, 3))
    codes[:4, 1] = -1
    found = bit_usage(codes)
    assert found.constant == 2 and found.entropies[0] == 0
    assert np.isnan(found.mean_absolute_correlation)
    assert np.isnan(found.correlations[0]).all() and found.correlations[1, 1] == pytest.approx(1)


def test_zero_is_a_one_as_everywhere():
    assert bit_usage([[0.0], [-0.1]]).shares.tolist() == [0.5]


@pytest.mark.parametrize(
    "codes, message",
    [
        (np.zeros((0, 4)), "one at least"),
        (np.zeros((3, 0)), "one at least"),
        (np.zeros(3), r"\[N, bits\]"),
        ([[np.nan]], "NaN or infinite"),
    ],
)
def test_bad_input_is_refused(codes, message):
    with pytest.raises(ValueError, match=message):
        bit_usage(codes)


def test_codes_without_a_sign_are_refused():
    for signless in (np.random.default_rng(0).uniform(0, 1, (5, 8)), np.array([[0, 1], [1, 0]])):
        with pytest.raises(ValueError, match="has a negative value"):
            bit_usage(signless)
