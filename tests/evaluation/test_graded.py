"""graded_retrieval against every order of its ties, scikit-learn, and the AP of one label."""

import itertools

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from tfretrieval.codes import pack
from tfretrieval.evaluation import graded_retrieval, hamming_retrieval


def problem(seed=0, n_queries=5, n_database=7, bits=3, classes=4):
    rng = np.random.default_rng(seed)
    codes = [rng.choice([-1, 1], (n, bits)) for n in (n_queries, n_database)]
    labels = [rng.integers(0, 2, (n, classes)) for n in (n_queries, n_database)]
    return codes[0], labels[0], codes[1], labels[1]


def of_an_order(shared, k):
    """NDCG@k and weighted AP of one ranking, term by term."""
    gains = [2**r - 1 for r in shared]
    dcg = sum(gain / np.log2(i + 2) for i, gain in enumerate(gains[:k]))
    ideal = sum(gain / np.log2(i + 2) for i, gain in enumerate(sorted(gains, reverse=True)[:k]))
    acg = [sum(shared[: i + 1]) / (i + 1) for i, r in enumerate(shared) if r]
    return dcg / ideal, sum(acg) / len(acg)


@pytest.mark.parametrize("k", [1, 3, 7, 20])
def test_it_is_the_mean_over_all_orders_of_the_ties(k):
    queries, query_labels, database, database_labels = problem()
    found = graded_retrieval(queries, query_labels, database, database_labels, ks=(k,))
    shared = query_labels @ database_labels.T
    distances = (queries[:, None] != database[None]).sum(axis=2)
    for query in range(len(queries)):
        if not shared[query].any():
            assert np.isnan(found.weighted_average_precision[query])
            continue
        orders = [
            order
            for order in itertools.permutations(range(len(database)))
            if np.all(np.diff(distances[query][list(order)]) >= 0)
        ]
        figures = [of_an_order(shared[query][list(order)].tolist(), k) for order in orders]
        ndcg, weighted = np.mean(figures, axis=0)
        np.testing.assert_allclose(found.ndcg_at_k[query], [ndcg], atol=1e-9)
        np.testing.assert_allclose(found.weighted_average_precision[query], weighted, atol=1e-9)


def test_ndcg_is_that_of_scikit_learn_ties_included():
    queries, query_labels, database, database_labels = problem(1, 20, 200, 8, 6)
    found = graded_retrieval(queries, query_labels, database, database_labels, ks=(10, 50))
    shared = query_labels @ database_labels.T
    distances = (queries[:, None] != database[None]).sum(axis=2)
    some = found.n_relevant > 0
    for column, k in enumerate((10, 50)):
        theirs = ndcg_score(2.0 ** shared[some] - 1, -distances[some], k=k)
        assert found.mean_ndcg_at_k[column] == pytest.approx(theirs, abs=1e-9)


def test_codes_that_say_nothing_or_other_queries_are_refused_as_by_hamming_retrieval():
    queries, query_labels, database, database_labels = problem()
    with pytest.raises(ValueError, match="negative"):
        graded_retrieval(np.abs(queries), query_labels, np.abs(database), database_labels)
    with pytest.raises(ValueError, match="leave_one_out needs the database itself"):
        graded_retrieval(queries, query_labels, database, database_labels, leave_one_out=True)


def test_with_one_label_a_picture_the_weighted_ap_is_the_ap():
    rng = np.random.default_rng(0)
    codes, ids = rng.choice([-1, 1], (60, 6)), rng.integers(0, 5, 60)
    hot = np.eye(5, dtype=int)[ids]
    graded = graded_retrieval(codes, hot, codes, hot, leave_one_out=True)
    plain = hamming_retrieval(codes, ids, codes, ids, leave_one_out=True)
    np.testing.assert_allclose(
        graded.weighted_average_precision, plain.average_precision, atol=1e-9
    )
    assert graded.mean_weighted_average_precision == pytest.approx(plain.mean_average_precision)
    assert "59 database items" in graded.definition


def test_packed_codes_and_blocks_change_nothing(monkeypatch):
    queries, query_labels, database, database_labels = problem(2, 9, 30, 11)
    whole = graded_retrieval(queries, query_labels, database, database_labels)
    monkeypatch.setattr("tfretrieval.evaluation.graded._BLOCK", 64)
    packed = graded_retrieval(pack(queries), query_labels, pack(database), database_labels, bits=11)
    np.testing.assert_array_equal(whole.ndcg_at_k, packed.ndcg_at_k)
    np.testing.assert_array_equal(
        whole.weighted_average_precision, packed.weighted_average_precision
    )


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"query_labels": np.arange(5)}, "multi-hot"),
        ({"query_labels": np.full((5, 4), 2)}, "0 and 1"),
        ({"query_labels": np.zeros((5, 4), int)}, "relevant"),
        ({"database_labels": np.ones((7, 3), int)}, "classes"),
        ({"database_labels": np.ones((6, 4), int)}, "7"),
        ({"ks": (0,)}, "at least 1"),
    ],
)
def test_bad_input_is_told(changes, says):
    names = ("query_codes", "query_labels", "database_codes", "database_labels")
    with pytest.raises(ValueError, match=says):
        graded_retrieval(**{**dict(zip(names, problem(), strict=True)), **changes})
