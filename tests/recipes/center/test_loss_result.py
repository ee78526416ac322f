"""How classes lie, against loops over the pairs of queries."""

import itertools

import numpy as np
import pytest

from recipes.center.loss_result import measure_loss
from recipes.center.settings import CenterSettings
from recipes.common import measure
from recipes.common.data import Divided
from recipes.common.opened import Opened
from tests.data_pipelines.pictures import make_records

LABELS = np.repeat(np.arange(3), 8)
HISTORY = {
    "center_distances_d_own": np.array([9.0, 4.0]),
    "center_distances_d_other": np.array([9.0, 8.0]),
    "seconds": np.array([1.0, 2.0]),
}


@pytest.fixture
def run():
    place = np.arange(24) % 8
    train, query = np.flatnonzero(place < 5), np.flatnonzero(place >= 5)
    data = Divided(
        "set", "1", make_records(LABELS), train, train, query, fit=train, held_out=train[:0]
    )
    return Opened(CenterSettings(), data, None, None)


@pytest.fixture
def features():
    return np.random.default_rng(0).standard_normal((24, 5)).astype(np.float32)


def measured(run, features):
    return measure_loss(run, "ratio", {"features": features, "logits": features}, HISTORY)


def test_spread_is_the_mean_distance_of_two_queries(run, features):
    result = measured(run, features)
    query = run.data.query
    distances = {True: [], False: []}
    for a, b in itertools.combinations(query, 2):
        distances[LABELS[a] == LABELS[b]].append(np.linalg.norm(features[a] - features[b]))
    spread = result.spread
    np.testing.assert_allclose(spread["intra-class"], np.mean(distances[True]), rtol=1e-5)
    np.testing.assert_allclose(spread["inter-class"], np.mean(distances[False]), rtol=1e-5)
    ratio = np.mean(distances[True]) / np.mean(distances[False])
    np.testing.assert_allclose(spread["intra / inter"], ratio, rtol=1e-5)


def test_of_the_training_the_last_epoch_and_all_seconds_are_told(run, features):
    result = measured(run, features)
    assert (result.spread["d_own"], result.spread["d_other"], result.seconds) == (4.0, 8.0, 3.0)


def test_features_are_searched_in_two_ways_and_codes_by_their_signs(run, features):
    result = measured(run, features)
    assert list(result.rows) == ["Euclidean", "cosine", "codes"]
    expected = measure.measure_codes(features, run.data).average_precision
    np.testing.assert_array_equal(result.rows["codes"].average_precision, expected)
    cosine = measure.measure_features(features, run.data).figures["mAP"]
    assert result.rows["cosine"].figures["mAP"] == cosine
    assert result.rows["Euclidean"].figures["mAP"] != cosine
    assert result.accuracy == np.mean(features[run.data.query].argmax(1) == LABELS[run.data.query])
