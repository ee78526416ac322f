"""cosine_retrieval against scikit-learn's average precision and against Hamming retrieval."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from tfretrieval.evaluation import cosine_retrieval, hamming_retrieval, real_valued


def problem(seed=0):
    rng = np.random.default_rng(seed)
    features = [rng.standard_normal((n, 5)) for n in (8, 30)]
    labels = [rng.integers(0, 3, n) for n in (8, 30)]
    return features[0], labels[0], features[1], labels[1]


def cosine(a, b):
    return (a @ b.T) / np.linalg.norm(a, axis=1)[:, None] / np.linalg.norm(b, axis=1)


def test_average_precision_is_scikit_learns():
    queries, query_labels, database, labels = problem()
    result = cosine_retrieval(queries, query_labels, database, labels)
    for i, scores in enumerate(cosine(queries, database)):
        expected = average_precision_score(labels == query_labels[i], scores)
        assert result.average_precision[i] == pytest.approx(expected)


def test_leave_one_out_never_ranks_the_query(monkeypatch):
    _, _, database, labels = problem()
    monkeypatch.setattr(real_valued, "_BLOCK", 70)  # blocks of two queries
    result = cosine_retrieval(database, labels, database, labels, leave_one_out=True)
    for i, scores in enumerate(cosine(database, database)):
        others = np.arange(30) != i
        expected = average_precision_score(labels[others] == labels[i], scores[others])
        assert result.average_precision[i] == pytest.approx(expected)
    assert "29 database items (leave one out" in result.definition


@pytest.mark.parametrize("options", [{}, {"cutoff": 7}, {"cutoff": 7, "divisor": "retrieved"}])
def test_codes_of_plus_minus_one_rank_as_in_stable_hamming_order(options):
    rng = np.random.default_rng(0)
    codes, labels = rng.choice([-1.0, 1.0], (40, 16)), rng.integers(0, 4, 40)
    real = cosine_retrieval(codes[:9], labels[:9], codes, labels, **options)
    binary = hamming_retrieval(codes[:9], labels[:9], codes, labels, **options)
    np.testing.assert_allclose(real.average_precision, binary.average_precision_stable)
    for name in ("precision_at_k", "recall_at_k", "hit_at_k"):
        np.testing.assert_allclose(getattr(real, name), getattr(binary, f"{name}_stable"))


def test_length_does_not_matter_and_zero_vectors_are_allowed():
    queries, query_labels, database, labels = problem()
    scaled = database * np.logspace(-20, 20, 30)[:, None]
    first = cosine_retrieval(queries, query_labels, database, labels)
    second = cosine_retrieval(queries, query_labels, scaled, labels)
    np.testing.assert_allclose(first.average_precision, second.average_precision)
    scaled[0] = 0
    assert np.isfinite(
        cosine_retrieval(queries, query_labels, scaled, labels).average_precision
    ).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"query_features": np.ones((8, 4))}, "4 dimensions, database 5"),
        ({"query_features": np.full((8, 5), np.inf)}, "NaN or infinite"),
        ({"query_features": np.ones(8)}, "must be \\[N, D\\]"),
        ({"query_labels": [0]}, "queries: 8 items but 1 labels"),
        ({"query_labels": [9] * 8}, "no query has a relevant item"),
        ({"leave_one_out": True}, "needs the database itself"),
        ({"cutoff": 0}, "cutoff must be"),
    ],
)
def test_bad_input_is_refused_in_one_line(change, message):
    names = ("query_features", "query_labels", "database_features", "database_labels")
    arguments = dict(zip(names, problem(), strict=True)) | change
    with pytest.raises(ValueError, match=message):
        cosine_retrieval(**arguments)
