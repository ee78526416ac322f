"""What counts as relevant."""

import numpy as np
import pytest

from tfretrieval.evaluation.relevance import Relevance


def test_ids_are_relevant_when_equal_whatever_their_shape_and_dtype():
    ids = np.array([3, 1, 3, 900])
    for labels in (ids, ids[:, None], ids.astype(np.float32), ids.astype(np.uint16)):
        relevance = Relevance(labels, labels)
        assert [relevance.items(i).tolist() for i in range(4)] == [[0, 2], [1], [0, 2], [3]]


def test_a_class_that_the_database_lacks_has_no_items():
    assert Relevance([5], [1, 2]).items(0).tolist() == []
    assert Relevance([5], []).items(0).tolist() == []


def test_multi_hot_labels_are_relevant_when_they_share_a_class():
    rng = np.random.default_rng(0)
    queries, database = rng.random((20, 6)) < 0.2, (rng.random((30, 6)) < 0.2).astype(np.float32)
    relevance = Relevance(queries, database)
    for i, query in enumerate(queries):
        expected = [j for j, item in enumerate(database) if (query * item).any()]
        assert relevance.items(i).tolist() == expected


@pytest.mark.parametrize(
    ("queries", "database", "message"),
    [
        ([0, 1], [[1, 0]], "both be ids"),
        ([[1, 0]], [[1, 0, 0]], "2 classes, database labels 3"),
        ([[0.2, 0.8]], [[1, 0]], "only 0 and 1"),
        ([0.5], [1], "integer class ids"),
        (["finch"], ["finch"], "integer class ids"),
        ([float("nan")], [1], "integer class ids"),
        (np.zeros((1, 2, 2)), [1], "ids \\[N\\] or multi-hot"),
    ],
)
def test_labels_of_another_kind_are_refused(queries, database, message):
    with pytest.raises(ValueError, match=message):
        Relevance(queries, database)


@pytest.mark.parametrize("wrong", [np.array([2.0**24], np.float32), np.array([2**63], np.uint64)])
def test_ids_that_their_type_cannot_tell_apart_are_refused(wrong):
    with pytest.raises(ValueError, match="query_labels .* number them"):
        Relevance(wrong, [1])


def test_large_ids_are_exact():
    far = 111085122871 + np.array([0, 1, 2, 2])
    relevance = Relevance(far, far.astype(object))
    assert [relevance.items(i).tolist() for i in range(4)] == [[0], [1], [2, 3], [2, 3]]
