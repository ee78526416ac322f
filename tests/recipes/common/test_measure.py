"""Figures of a representation, against loops, with queries outside and inside the database."""

import dataclasses

import numpy as np
import pytest

from recipes.common import measure
from recipes.common.data import Divided
from tests.data_pipelines.pictures import make_records

LABELS = np.repeat(np.arange(6), 6)


def divided(labels, train, database, query, fit=None):
    fit = train if fit is None else fit
    records = make_records(labels)
    held_out = np.setdiff1d(train, fit)
    return Divided("set", "1", records, train, database, query, fit=fit, held_out=held_out)


def data_of(zero_shot):
    place = np.arange(36) % 6
    if zero_shot:
        train, query = np.flatnonzero(LABELS < 3), np.flatnonzero(LABELS >= 3)
        return divided(LABELS, train, query, query, train[::2])
    train, query = np.flatnonzero(place < 4), np.flatnonzero(place >= 4)
    return divided(LABELS, train, train, query, train[::2])


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
    given = data_of(zero_shot)
    row = measure.measure_codes(codes, given)
    assert row.figures["R@1"] == pytest.approx(np.mean(nearest_shares(codes, given)))
    assert len(row.average_precision) == len(given.query)
    assert row.figures["mAP"] == pytest.approx(row.average_precision.mean())
    assert row.figures["mAP"] == measure.query_map(codes, given)


@pytest.mark.parametrize("measured", [measure.measure_codes, measure.measure_features])
def test_a_query_that_is_searched_too_does_not_find_itself(codes, measured):
    row = measured(codes, data_of(zero_shot=True))
    assert row.figures["mAP"] == pytest.approx(row.figures["mAP inside test"])
    assert row.figures["mAP"] < 0.9 and "leave one out" in row.definition


def test_a_picture_alone_in_its_class_is_searched_and_searches_nothing(codes):
    labels = np.where(np.arange(36) == 35, 6, LABELS)
    query = np.arange(18, 35)
    data = divided(labels, np.arange(18), np.arange(18, 36), query)
    row = measure.measure_codes(codes, data)
    assert row.average_precision.shape == (17,) and np.isfinite(row.average_precision).all()


def test_accuracy_counts_the_queries_of_classes_that_were_trained_on(codes):
    logits = np.eye(6)[LABELS]
    assert measure.accuracy(logits, data_of(zero_shot=False)) == 1
    assert np.isnan(measure.accuracy(logits, data_of(zero_shot=True)))
    # Class 0 does not train, and no classifier can know it.
    train = np.flatnonzero((LABELS > 0) & (np.arange(36) % 6 < 4))
    query = np.flatnonzero(np.arange(36) % 6 >= 4)
    logits[LABELS == 0] = np.eye(6)[1]
    assert measure.accuracy(logits, divided(LABELS, train, train, query)) == 1


def test_held_out_pictures_search_those_that_train(codes):
    given = data_of(zero_shot=False)
    assert 0 < measure.held_out_map(codes, given) < 1
    nothing = dataclasses.replace(given, fit=given.train, held_out=given.train[:0])
    assert np.isnan(measure.held_out_map(codes, nothing))
