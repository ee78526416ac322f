"""The tuples of an epoch."""

import dataclasses

import numpy as np
import pytest

from data_pipelines.records import DataError
from recipes.instance.descriptors import describe
from recipes.instance.mining import drawn, mine, things_in_pool


def test_mined_negatives_are_of_other_things_of_the_pool(before):
    run = before.run
    tuples = mine(run, before.encoder, 3, 0).tuples
    labels = run.data.train.records.labels[tuples]
    assert tuples.shape == (6, 5)
    for query, positive, *negatives in labels.tolist():
        assert query == positive and len({query, *negatives}) == 4
    other = mine(run, before.encoder, 3, 1).tuples
    assert (tuples[:, 0] != other[:, 0]).any()


def test_an_epoch_is_drawn_by_its_number_and_the_seed(before):
    config, data = before.run.config, before.run.data
    first = drawn(0, config, data)
    for one, again in zip(first, drawn(0, config, data), strict=True):
        np.testing.assert_array_equal(one, again)
    other = drawn(0, dataclasses.replace(config, seed=1), data)
    assert (first[0] != other[0]).any() and (first[1] != other[1]).any()


def test_the_things_of_the_smallest_pool_are_counted(before):
    config, data = before.run.config, before.run.data
    assert things_in_pool(config, data) == 6
    assert things_in_pool(dataclasses.replace(config, pool=1), data) == 1


def test_easy_negatives_are_others_than_hard_ones(before):
    easy = before.run.with_config(negatives_from="easy")
    hard = mine(before.run, before.encoder, 2, 0)
    found = mine(easy, before.encoder, 2, 0)
    assert (found.tuples != hard.tuples).any()
    assert (found.distances[:, 1:] >= hard.distances[:, 1:]).all()


def test_distances_are_those_of_the_descriptors(before):
    mined = mine(before.run, before.encoder, 3, 0)
    records = before.run.data.train.records
    described = describe(before.run.config, before.encoder, records, 24)
    tuples = described[mined.tuples]
    expected = np.linalg.norm(tuples[:, 1:] - tuples[:, :1], axis=-1)
    np.testing.assert_allclose(mined.distances, expected, atol=1e-5)


def test_too_small_a_pool_is_refused(before):
    with pytest.raises(DataError, match="needs 3 negatives of different clusters.*--pool"):
        mine(before.run.with_config(pool=3), before.encoder, 3, 0)
