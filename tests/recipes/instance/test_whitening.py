"""Whitening learned from the pairs that are trained on."""

import numpy as np

from recipes.instance import whitening
from recipes.instance.descriptors import describe
from recipes.instance.whitening import learn_whitening


def test_pairs_of_the_training_part_have_unit_difference_when_whitened(before):
    learned = learn_whitening(before.run, "before", before.encoder)
    train = before.run.data.train
    found = describe(before.run.config, before.encoder, train.records, 24)
    moved = (found - learned.mean_) @ learned.projection_
    differences = moved[train.pairs[:, 0]] - moved[train.pairs[:, 1]]
    covariance = differences.T @ differences / len(differences)
    off = covariance - np.diag(np.diag(covariance))
    assert np.abs(off).max() < 0.05 * np.abs(np.diag(covariance)).max()


def test_it_is_learned_once(before, monkeypatch):
    first = learn_whitening(before.run, "before", before.encoder)
    monkeypatch.setattr(whitening, "describe", None)
    again = learn_whitening(before.run, "before", before.encoder)
    np.testing.assert_array_equal(first.projection_, again.projection_)
