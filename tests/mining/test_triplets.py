import numpy as np
import pytest

from tests.golden_files import golden
from tfretrieval.mining import hard_triplets


@pytest.mark.parametrize("case", range(3))
def test_draws_fill_exactly_the_golden_sets(case):
    file = golden("triplet_mining")
    beta = float(file["beta"][case])
    size = len(file["labels"])
    positives, negatives = np.zeros((2, size, size), bool)
    for seed in range(400):
        anchor, positive, negative = hard_triplets(file["embeddings"], file["labels"], beta, seed).T
        positives[anchor, positive] = True
        negatives[anchor, negative] = True
    np.testing.assert_array_equal(positives, file["positive_mask"][case].astype(bool))
    np.testing.assert_array_equal(negatives, file["negative_mask"][case].astype(bool))


def test_draws_are_even_over_the_allowed_set():
    x = np.arange(12.0)[:, None]
    labels = np.array([0] * 6 + [1] * 6)
    draws = [hard_triplets(x, labels, beta=1.0, seed=s)[0] for s in range(2000)]
    counts = np.bincount([d[1] for d in draws], minlength=12)[1:6]
    assert counts.min() > 320 and counts.sum() == 2000


def test_same_seed_same_triplets_other_seed_others():
    x = np.random.default_rng(0).standard_normal((60, 4))
    labels = np.arange(60) % 5
    first, again, other = (hard_triplets(x, labels, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_blocks_do_not_change_the_triplets(monkeypatch):
    x = np.random.default_rng(0).standard_normal((60, 4))
    labels = np.arange(60) % 5
    whole = hard_triplets(x, labels)
    monkeypatch.setattr("tfretrieval.mining.triplets.BLOCK", 7 * 60)
    np.testing.assert_array_equal(hard_triplets(x, labels), whole)


def test_negatives_of_a_pool_are_as_hard_as_those_of_all():
    """The rank of the negative among all others is an even draw from the nearest twentieth."""
    x = np.random.default_rng(0).standard_normal((600, 3)).astype(np.float32)
    labels = np.arange(600) % 6
    shares = {}
    for pool in (600, 200):
        anchor, positive, negative = np.concatenate(
            [hard_triplets(x, labels, seed=seed, pool=pool) for seed in range(4)]
        ).T
        assert (labels[anchor] == labels[positive]).all() and (anchor != positive).all()
        assert (labels[anchor] != labels[negative]).all()
        distances = np.linalg.norm(x[anchor, None] - x[None], axis=-1)
        others = labels[anchor, None] != labels[None]
        nearer = (distances < np.linalg.norm(x[anchor] - x[negative], axis=1)[:, None]) & others
        shares[pool] = nearer.sum(axis=1).mean() / others.sum(axis=1).mean()
    assert 0.02 < shares[600] < 0.03
    assert shares[200] == pytest.approx(shares[600], rel=0.3)


def test_positives_beside_a_pool_are_those_without():
    x = np.random.default_rng(0).standard_normal((90, 3)).astype(np.float32)
    labels = np.arange(90) % 5
    exact, pooled = (hard_triplets(x, labels, seed=1, pool=pool) for pool in (90, 30))
    np.testing.assert_array_equal(exact[:, :2], pooled[:, :2])


def test_a_pool_of_one_class_is_not_drawn_from():
    """All but one sample are of one class: most pools hold nothing else."""
    labels = np.array([0] * 39 + [1])
    triplets = hard_triplets(np.arange(40.0)[:, None], labels, pool=5)
    assert (triplets[:, 2] == 39).all() and len(triplets) == 39


def test_every_anchor_with_a_positive_and_a_negative_has_one_row():
    labels = np.array([7, 7, 3, 9, 9, 9])
    triplets = hard_triplets(np.random.default_rng(0).standard_normal((6, 2)), labels)
    assert triplets[:, 0].tolist() == [0, 1, 3, 4, 5]
    assert (labels[triplets[:, 0]] == labels[triplets[:, 1]]).all()
    assert (triplets[:, 0] != triplets[:, 1]).all()
    assert (labels[triplets[:, 0]] != labels[triplets[:, 2]]).all()


@pytest.mark.parametrize(
    "labels", [[], [0], [0, 0, 0], [0, 1, 2]], ids=["empty", "one", "one-class", "singletons"]
)
def test_sets_without_triplets_give_none(labels):
    triplets = hard_triplets(np.zeros((len(labels), 2)), np.array(labels, int))
    assert triplets.shape == (0, 3) and triplets.dtype == np.int64


def test_identical_points_still_give_one_triplet_each():
    assert len(hard_triplets(np.zeros((6, 2)), np.array([0, 0, 0, 1, 1, 1]))) == 6


@pytest.mark.parametrize(
    "change, message",
    [
        ({"beta": 0.0}, "beta"),
        ({"beta": 1.5}, "beta"),
        ({"labels": np.zeros(3, int)}, "expected"),
        ({"embeddings": np.full((4, 2), np.nan)}, "NaN"),
    ],
)
def test_refuses(change, message):
    call = {"embeddings": np.zeros((4, 2)), "labels": np.array([0, 0, 1, 1]), **change}
    with pytest.raises(ValueError, match=message):
        hard_triplets(**call)


def test_a_far_point_leaves_the_near_ones_their_order():
    near = np.linspace(0, 0.3, 30)[:, None] ** 2 * np.ones(4)
    labels = np.arange(30) % 3
    expected = hard_triplets(near, labels, beta=0.01)
    with_outlier = np.concatenate([near, np.full((1, 4), 1e6)])
    # The far one is of a class of its own: nobody's positive, and the last of the negatives.
    found = hard_triplets(with_outlier, [*labels, 7], beta=0.01)
    np.testing.assert_array_equal(found, expected)


def test_labels_are_exact_or_refused():
    far = 111085122871 + np.array([0, 1, 2, 2])
    x = np.arange(4.0)[:, None]
    np.testing.assert_array_equal(hard_triplets(x, far), hard_triplets(x, [0, 1, 2, 2]))
    with pytest.raises(ValueError, match="labels are float32"):
        hard_triplets(x, far.astype(np.float32))
