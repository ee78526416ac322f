"""How far apart seen classes lie."""

import numpy as np
import pytest

from recipes.sketch.sketch_result import separation


def test_distances_are_measured_in_means_of_two_classes(row):
    found, distances = row.result.separation, row.result.distances
    assert distances["mean intra"] == pytest.approx(found.mean_intra / found.mean_inter)
    doubled = separation(row.run, 2 * row.features)
    assert doubled.max_intra / doubled.mean_inter == pytest.approx(distances["max intra"])


def test_only_seen_classes_are_measured(row):
    labels = row.run.data.records.labels
    unseen = labels == labels[row.run.data.query[~row.run.data.seen][0]]
    moved = np.where(unseen[:, None, None], 1e6, row.features)
    assert separation(row.run, moved) == row.result.separation
