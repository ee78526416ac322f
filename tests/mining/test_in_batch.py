"""Which triplets a miner picks; tests/losses/test_in_batch.py holds the losses of them."""

import numpy as np
import tensorflow as tf

from tfretrieval.mining import hard_in_batch, semi_hard_in_batch

RNG = np.random.default_rng(0)
LABELS = np.array([0, 1, 0, 2, 1, 0, 3, 1])
DISTANCES = np.abs(RNG.standard_normal((8, 8))).astype(np.float32)
POSITIVES = (LABELS[:, None] == LABELS) & ~np.eye(8, dtype=bool)
NEGATIVES = LABELS[:, None] != LABELS


def picked(miner, negatives=NEGATIVES):
    return [part.numpy() for part in miner(tf.constant(DISTANCES), POSITIVES, negatives)]


def test_hard_takes_the_farthest_positive_and_the_nearest_negative():
    d_ap, d_an, there = picked(hard_in_batch)
    np.testing.assert_array_equal(there[:, 0], POSITIVES.any(axis=1))
    for a in np.flatnonzero(there):
        assert d_ap[a, 0] == DISTANCES[a][POSITIVES[a]].max()
        assert d_an[a, 0] == DISTANCES[a][NEGATIVES[a]].min()


def test_semi_hard_takes_the_nearest_negative_that_is_farther_else_the_farthest():
    d_ap, d_an, there = picked(semi_hard_in_batch)
    np.testing.assert_array_equal(there, POSITIVES)
    for a, p in np.argwhere(there):
        negatives = DISTANCES[a][NEGATIVES[a]]
        farther = negatives[negatives > DISTANCES[a, p]]
        assert d_ap[a, p] == DISTANCES[a, p]
        assert d_an[a, p] == (farther.min() if len(farther) else negatives.max())


def test_without_negatives_nothing_is_picked():
    for miner in (hard_in_batch, semi_hard_in_batch):
        assert not picked(miner, np.zeros_like(NEGATIVES))[2].any()
