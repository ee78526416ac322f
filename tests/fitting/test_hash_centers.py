import numpy as np
import pytest

from tfretrieval.fitting import hash_centers


def between(centers):
    """Hamming distances of all pairs."""
    products = centers.astype(int) @ centers.T.astype(int)
    return ((centers.shape[1] - products) // 2)[np.triu_indices(len(centers), 1)]


def test_hadamard_rows_lie_half_of_the_bits_apart_or_all():
    assert set(between(hash_centers(16, 16))) == {8}
    assert set(between(hash_centers(32, 16))) == {8, 16}


@pytest.mark.parametrize("num_classes, bits, least", [(200, 16, 2), (200, 48, 14), (200, 64, 20)])
def test_drawn_centers_are_balanced_and_lie_apart(num_classes, bits, least):
    centers = hash_centers(num_classes, bits)
    assert centers.dtype == np.int8 and set(np.unique(centers)) == {-1, 1}
    assert between(centers).min() >= least
    assert not centers.astype(int).sum(axis=1).any()


def test_the_seed_decides():
    np.testing.assert_array_equal(hash_centers(9, 12, seed=1), hash_centers(9, 12, seed=1))
    assert (hash_centers(9, 12, seed=1) != hash_centers(9, 12, seed=2)).any()


def test_refuses_more_classes_than_codes():
    with pytest.raises(ValueError, match="no more classes than codes, got 9 classes and 3 bits"):
        hash_centers(9, 3)
