import sys

import numpy as np
import pytest

from tfretrieval.mining import hard_negatives


def problem(queries=30, pool=90, clusters=12):
    generator = np.random.default_rng(0)
    unit = [generator.standard_normal((n, 8)) for n in (queries, pool)]
    q, x = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in unit)
    # Some clusters have a single picture, and some queries' clusters are not in the pool.
    return q, generator.integers(0, clusters + 3, queries), x, generator.integers(0, clusters, pool)


def by_loops(q, own, x, clusters, count, hardest=True):
    found = []
    for query, cluster in zip(q, own, strict=True):
        taken, chosen = {cluster}, []
        best = {c: (x[clusters == c] @ query).max() for c in set(clusters.tolist())}
        order = sorted(range(len(x)), key=lambda i: -(x[i] @ query))
        if not hardest:
            order = sorted(order, key=lambda i: (best[clusters[i]], -(x[i] @ query)))
        for i in order:
            if clusters[i] not in taken:
                taken.add(clusters[i])
                chosen.append(i)
        found.append(chosen[:count] if hardest else chosen[:count][::-1])
    return np.array(found)


@pytest.mark.parametrize("hardest", [True, False])
@pytest.mark.parametrize("count", [1, 5, 10])
@pytest.mark.parametrize("block", [6 << 20, 200], ids=["one block", "blocks"])
def test_equals_the_walk_down_the_ranking(monkeypatch, count, block, hardest):
    monkeypatch.setattr(sys.modules[hard_negatives.__module__], "_BLOCK", block)
    given = problem()
    found = hard_negatives(*given, count=count, hardest=hardest)
    np.testing.assert_array_equal(found, by_loops(*given, count, hardest))


def test_never_the_querys_cluster_and_one_of_each_other():
    q, own, x, clusters = problem()
    found = clusters[hard_negatives(q, own, x, clusters, count=8)]
    assert not (found == own[:, None]).any()
    assert all(len(set(row)) == 8 for row in found.tolist())


def test_no_queries_have_no_negatives():
    _, _, x, clusters = problem()
    assert hard_negatives(np.zeros((0, 8)), [], x, clusters).shape == (0, 5)


def test_too_few_clusters_are_told():
    q, own, x, clusters = problem()
    own[3] = 0
    with pytest.raises(ValueError, match="the pool has 11 beside that of query .*larger pool"):
        hard_negatives(q, own, x, clusters, count=12)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"count": 0}, "at least 1"),
        ({"queries": np.zeros(8)}, "one cluster each"),
        ({"queries": np.zeros((30, 3))}, "dimensions"),
        ({"pool_clusters": [0]}, "one cluster each"),
        ({"queries": np.full((30, 8), np.nan)}, "diverged"),
    ],
)
def test_bad_input_is_refused(change, message):
    names = ("queries", "query_clusters", "pool", "pool_clusters")
    with pytest.raises(ValueError, match=message):
        hard_negatives(**{**dict(zip(names, problem(), strict=True)), **change})


def test_clusters_are_exact_or_refused():
    pool = np.eye(3, dtype=np.float32)
    far = np.array([2**60, 2**60 + 1, 2**60 + 2])
    found = hard_negatives(pool[:1], far[:1].astype(np.uint64), pool, far, count=2)
    assert found.tolist() == [[1, 2]]
    with pytest.raises(ValueError, match="query clusters are float64"):
        hard_negatives(pool[:1], far[:1].astype(np.float64), pool, far, count=2)
