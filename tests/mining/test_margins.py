import itertools

import numpy as np
import pytest

from tfretrieval.mining import all_pairs_margin, hard_triplets, mined_margin

X = np.random.default_rng(0).standard_normal((30, 4)).astype(np.float32)
LABELS = np.arange(30) % 4


def distance(i, j):
    return np.linalg.norm(X[i].astype(np.float64) - X[j])


def test_mined_margin_is_the_mean_gap():
    triplets = hard_triplets(X, LABELS)
    gaps = [distance(a, n) - distance(a, p) for a, p, n in triplets]
    np.testing.assert_allclose(mined_margin(X, triplets), np.mean(gaps), rtol=1e-5)


def test_hard_triplets_of_random_points_have_a_negative_margin():
    assert mined_margin(X, hard_triplets(X, LABELS)) < 0


def test_squared_margins_are_in_squared_distances():
    triplets = hard_triplets(X, LABELS)
    gaps = [distance(a, n) ** 2 - distance(a, p) ** 2 for a, p, n in triplets]
    np.testing.assert_allclose(mined_margin(X, triplets, squared=True), np.mean(gaps), rtol=1e-5)
    x = np.array([[0.0], [1.0], [5.0]])
    assert all_pairs_margin(x, np.array([0, 0, 1]), squared=True) == (25 + 16) / 2 - 1


@pytest.mark.parametrize("block", [7, 1 << 21])
def test_all_pairs_margin_equals_the_loop(monkeypatch, block):
    monkeypatch.setattr("tfretrieval.mining.margins.BLOCK", block)
    pairs = {True: [], False: []}
    for i, j in itertools.combinations(range(30), 2):
        pairs[LABELS[i] == LABELS[j]].append(distance(i, j))
    expected = np.mean(pairs[False]) - np.mean(pairs[True])
    np.testing.assert_allclose(all_pairs_margin(X, LABELS), expected, rtol=1e-6)


def test_a_margin_over_a_pool_is_near_that_over_all_pairs():
    x = np.random.default_rng(0).standard_normal((900, 4)) + 2 * np.eye(4)[np.arange(900) % 4]
    labels = np.arange(900) % 4
    exact = all_pairs_margin(x, labels)
    pooled = all_pairs_margin(x, labels, pool=300)
    assert pooled != exact and pooled == pytest.approx(exact, rel=0.1)


def test_refuse_sets_without_pairs():
    with pytest.raises(ValueError, match="no triplets"):
        mined_margin(X, np.empty((0, 3), int))
    for labels in (np.zeros(30, int), np.arange(30)):
        with pytest.raises(ValueError, match="two classes"):
            all_pairs_margin(X, labels)


def test_labels_are_exact_or_refused():
    far, x = 111085122871 + np.array([0, 1, 2, 2]), np.arange(4.0)[:, None]
    assert all_pairs_margin(x, far) == all_pairs_margin(x, [0, 1, 2, 2])
    with pytest.raises(ValueError, match="labels are float32"):
        all_pairs_margin(x, far.astype(np.float32))
