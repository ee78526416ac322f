"""What descriptors find, as they are and with expanded queries."""

import numpy as np
import pytest

from recipes.instance.search import DESCRIPTOR, EXPANDED, InstanceSearch, expanded, search


@pytest.fixture(scope="module")
def found(before):
    return search(before.run, "before", DESCRIPTOR, before.encoder)


def test_every_protocol_of_every_benchmark_is_measured(found):
    queries, database = found.descriptors["drawn"]
    assert queries.shape == (3, 6) and database.shape == (15, 6)
    assert list(found.results) == [("drawn", x) for x in ("easy", "medium", "hard")]
    assert all(x.average_precision.shape == (3,) for x in found.results.values())


def test_descriptors_are_files_of_the_loss_and_the_way(found, before):
    queries = before.run.folder.read_arrays("before/descriptor/drawn")["queries"]
    np.testing.assert_array_equal(queries, found.descriptors["drawn"][0])


def test_the_long_side_of_searched_pictures_changes_descriptors(found, before):
    smaller = before.run.with_config(long_side=16)
    again = search(smaller, "smaller", DESCRIPTOR, before.encoder)
    for one, other in zip(again.descriptors["drawn"], found.descriptors["drawn"], strict=True):
        assert np.abs(one - other).max() > 1e-4


def expand(found, before, **settings):
    return expanded(before.run.with_config(**settings), found).descriptors["drawn"]


def test_flags_of_the_expansion_change_the_queries_alone(found, before):
    usual = expand(found, before)
    for settings in ({"neighbours": 1}, {"alpha": 0.0}):
        queries, database = expand(found, before, **settings)
        assert np.abs(queries - usual[0]).max() > 1e-6
        np.testing.assert_array_equal(database, found.descriptors["drawn"][1])
    assert EXPANDED not in found.descriptors


def test_a_database_smaller_than_the_neighbourhood_is_no_error(found, before):
    queries, database = found.descriptors["drawn"]
    results = expand(InstanceSearch({"drawn": (queries, database)}, {}), before, neighbours=99)
    assert results[0].shape == queries.shape
