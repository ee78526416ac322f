"""Margins that fit the network that is trained."""

import numpy as np
import pytest

from recipes.instance.margins import LEAST_TRIPLET, Margins, fitting, of_distances
from recipes.instance.mining import mine
from recipes.instance.tuple_training import objective
from tests.recipes.instance.tiny import open_tiny
from tfretrieval.metrics import ActiveHinges


@pytest.mark.parametrize("quantile", [0.25, 0.5, 0.9])
@pytest.mark.parametrize("loss", ["contrastive", "triplet", "lrml"])
def test_the_wanted_share_of_the_first_hinges_is_active(before, quantile, loss):
    generator = np.random.default_rng(0)
    unit = generator.standard_normal((400, 5, 8)).astype(np.float32)
    unit[:, 1] = unit[:, 0] + 0.5 * unit[:, 1]
    unit /= np.linalg.norm(unit, axis=-1, keepdims=True)
    distances = np.linalg.norm(unit[:, 1:] - unit[:, :1], axis=-1)
    pulled_by = objective(loss, 3, before.run.config, of_distances(distances, quantile))
    share = float(ActiveHinges(pulled_by)(np.zeros(400), unit))
    # LRML's margins are evenly apart, the distances' quantiles nearly so.
    assert share == pytest.approx(quantile, abs=0.06)


def test_they_come_from_the_first_tuples_of_the_network_before_training(before, tmp_path):
    distances = mine(before.run, before.encoder, 3, 0).distances
    assert fitting(before.run, before.encoder) == of_distances(distances, 0.5)


def test_given_ones_stay(before, tmp_path, tiny_world):
    run = open_tiny(tmp_path, margin=0.7, delta=0.01, triplet_margin=0.2)
    assert fitting(run, before.encoder) == Margins(0.7, 0.7, 0.01, 0.2)


def test_a_positive_that_lies_beyond_all_negatives_leaves_a_triplet_a_margin():
    assert of_distances(np.array([[1.0, 0.5], [1.0, 0.6]]), 0.5).triplet == LEAST_TRIPLET
