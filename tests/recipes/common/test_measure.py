"""Figures of a representation, against loops, with queries outside and inside the database."""

from types import SimpleNamespace

import numpy as np
import pytest

from data_pipelines.records import RetrievalDataset
from recipes.common import measure
from recipes.common.data import Experiment
from tests.data_pipelines.pictures import make_records

LABELS = np.repeat(np.arange(6), 6)


def experiment(zero_shot):
    place = np.arange(36) % 6
    if zero_shot:
        train, query = np.flatnonzero(LABELS < 3), np.flatnonzero(LABELS >= 3)
        data = RetrievalDataset("set", "1", make_records(LABELS), train, query, query)
    else:
        train, query = np.flatnonzero(place < 4), np.flatnonzero(place >= 4)
        data = RetrievalDataset("set", "1", make_records(LABELS), train, train, query)
    return Experiment(data, train[::2], train[1::2], "")


@pytest.fixture
def codes():
    return np.random.default_rng(0).standard_normal((36, 5)).astype(np.float32)


def nearest_shares(codes, data):
    """Of each query: the share of its class among all nearest pictures but itself."""
    bits = codes >= 0
    shares = []
    for query in data.query:
        others = np.array([i for i in data.database if i != query])
        distances = (bits[others] != bits[query]).sum(1)
        nearest = others[distances == distances.min()]
        shares.append((LABELS[nearest] == LABELS[query]).mean())
    return shares


@pytest.mark.parametrize("zero_shot", [False, True])
def test_recall_at_1_is_the_chance_that_a_nearest_picture_is_right(codes, zero_shot):
    given = experiment(zero_shot)
    row = measure.measure_codes("network", "codes", codes, given)
    assert row.figures["R@1"] == pytest.approx(np.mean(nearest_shares(codes, given.data)))
    assert len(row.average_precision) == len(given.data.query)
    assert row.figures["mAP"] == pytest.approx(row.average_precision.mean())
    assert row.figures["mAP"] == measure.test_map(codes, given)


@pytest.mark.parametrize("measured", [measure.measure_codes, measure.measure_features])
def test_a_query_that_is_searched_too_does_not_find_itself(codes, measured):
    row = measured("network", "row", codes, experiment(zero_shot=True))
    assert row.figures["mAP"] == pytest.approx(row.figures["mAP test"])
    assert row.figures["mAP"] < 0.9 and "leave one out" in row.definition


def test_a_picture_alone_in_its_class_is_searched_and_searches_nothing(codes):
    records = make_records(np.where(np.arange(36) == 35, 6, LABELS))
    query = np.arange(18, 35)
    data = RetrievalDataset("set", "1", records, np.arange(18), np.arange(18, 36), query)
    row = measure.measure_codes("network", "row", codes, Experiment(data, query, query, ""))
    assert row.average_precision.shape == (17,) and np.isfinite(row.average_precision).all()


def test_unseen_classes_have_no_accuracy_and_nothing_held_out_no_map(codes):
    logits = np.eye(6)[LABELS]
    assert measure.accuracy(logits, experiment(zero_shot=False)) == 1
    assert np.isnan(measure.accuracy(logits, experiment(zero_shot=True)))
    given = experiment(zero_shot=False)
    assert 0 < measure.held_out_map(codes, given) < 1
    nothing = SimpleNamespace(data=given.data, fit=given.data.train, held_out=given.data.train[:0])
    assert np.isnan(measure.held_out_map(codes, nothing))
