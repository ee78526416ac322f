"""What pairs and benchmarks refuse."""

import numpy as np
import pytest

from data_pipelines.instances import InstanceBenchmark, InstancePairs
from data_pipelines.records import DataError
from tests.data_pipelines.pictures import make_records
from tfretrieval.evaluation import GroundTruth

RECORDS = make_records([0, 0, 1, 1])


def test_pairs_and_benchmarks_keep_what_they_are_given():
    pairs = InstancePairs("some", RECORDS, [[0, 1], [3, 2]], notes=["a note"])
    assert pairs.pairs.dtype == np.int64 and pairs.notes == ("a note",)
    truth = GroundTruth([[0], [2, 3]], [[1], []])
    benchmark = InstanceBenchmark("all", RECORDS, RECORDS.take([0, 2]), {"all": truth})
    assert len(benchmark.queries) == 2 and benchmark.protocols["all"] is truth


@pytest.mark.parametrize(
    "pairs, message",
    [
        (np.zeros((0, 2)), "no pairs"),
        ([[0, 1, 2]], r"\[P, 2\]"),
        ([[0, 4]], "0..3"),
        ([[-1, 0]], "0..3"),
        ([[1, 1]], "its own positive"),
        ([[0, 2]], "two clusters"),
    ],
)
def test_pairs_that_teach_nothing_are_refused(pairs, message):
    with pytest.raises(ValueError, match=message):
        InstancePairs("some", RECORDS, pairs)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"protocols": {}}, "needs queries, a database and a ground truth"),
        ({"queries": RECORDS.take([])}, "needs queries"),
        ({"protocols": {"all": GroundTruth([[0]], [[]])}}, "'all' is for 1 queries, there are 2"),
        ({"protocols": {"all": GroundTruth([[0], [4]], [[], []])}}, "not in the database of 4"),
        ({"protocols": {"all": GroundTruth([[], []], [[0], []])}}, "nothing is right by .*'all'"),
        ({"protocols": {"all": GroundTruth([[0], [1]], [[], [-1]])}}, "not in the database"),
    ],
)
def test_a_ground_truth_that_does_not_fit_is_refused(change, message):
    whole = {
        "database": RECORDS,
        "queries": RECORDS.take([0, 2]),
        "protocols": {"all": GroundTruth([[1], [3]], [[], []])},
    }
    with pytest.raises(DataError, match=message):
        InstanceBenchmark("all", **{**whole, **change})
