"""Retrieval by real values against scikit-learn's average precision and Hamming retrieval."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from tfretrieval.evaluation import (
    cosine_retrieval,
    euclidean_retrieval,
    hamming_retrieval,
    real_valued,
)


def problem(seed=0):
    rng = np.random.default_rng(seed)
    features = [rng.standard_normal((n, 5)) for n in (8, 30)]
    labels = [rng.integers(0, 3, n) for n in (8, 30)]
    return features[0], labels[0], features[1], labels[1]


def cosine(a, b):
    return (a @ b.T) / np.linalg.norm(a, axis=1)[:, None] / np.linalg.norm(b, axis=1)


def euclidean(a, b):
    """Scores, so the nearest has the highest."""
    return -np.linalg.norm(a[:, None] - b[None], axis=2)


BOTH = pytest.mark.parametrize(
    ("retrieval", "scores_of"), [(cosine_retrieval, cosine), (euclidean_retrieval, euclidean)]
)


@BOTH
def test_average_precision_is_scikit_learns(retrieval, scores_of):
    queries, query_labels, database, labels = problem()
    result = retrieval(queries, query_labels, database, labels)
    for i, scores in enumerate(scores_of(queries, database)):
        expected = average_precision_score(labels == query_labels[i], scores)
        assert result.average_precision[i] == pytest.approx(expected)


def test_the_nearest_pair_of_views_is_the_distance_of_two_pictures():
    rng = np.random.default_rng(1)
    queries, database = rng.standard_normal((8, 2, 5)), rng.standard_normal((30, 2, 5))
    query_labels, labels = rng.integers(0, 3, 8), rng.integers(0, 3, 30)
    result = euclidean_retrieval(queries, query_labels, database, labels)
    nearest = np.max([euclidean(queries[:, i], database[:, j]) for i in (0, 1) for j in (0, 1)], 0)
    for i, scores in enumerate(nearest):
        expected = average_precision_score(labels == query_labels[i], scores)
        assert result.average_precision[i] == pytest.approx(expected)
    assert "the least over 4 pairs of views" in result.definition


def test_near_points_far_from_the_origin_keep_their_order():
    database = 1000 + np.array([[0.0, 0.0], [0.0, 0.1], [0.0, 0.2], [0.0, 5.0]])
    result = euclidean_retrieval(database[:1], [0], database, [0, 1, 0, 0], ks=(1, 2, 3))
    np.testing.assert_allclose(result.precision_at_k, [[1, 1 / 2, 2 / 3]])


@BOTH
def test_leave_one_out_never_ranks_the_query(monkeypatch, retrieval, scores_of):
    _, _, database, labels = problem()
    monkeypatch.setattr(real_valued, "_BLOCK", 70)  # blocks of two queries
    result = retrieval(database, labels, database, labels, leave_one_out=True)
    for i, scores in enumerate(scores_of(database, database)):
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


@pytest.mark.parametrize("retrieval", [cosine_retrieval, euclidean_retrieval])
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
def test_bad_input_is_refused_in_one_line(change, message, retrieval):
    names = ("query_features", "query_labels", "database_features", "database_labels")
    arguments = dict(zip(names, problem(), strict=True)) | change
    with pytest.raises(ValueError, match=message):
        retrieval(**arguments)


@BOTH
@pytest.mark.parametrize("count", [3, 7, 17, 301])
def test_equal_rows_keep_the_order_of_the_database(retrieval, scores_of, count):
    # By where they stand the products of equal rows differ in the last place.
    generator = np.random.default_rng(0)
    row = generator.standard_normal(128)
    database = np.tile(row, (count, 1))
    for right in (0, count // 2, count - 1):
        labels = np.ones(count, int)
        labels[right] = 0
        query = generator.standard_normal((1, 128))
        found = retrieval(query, [0], database, labels)
        np.testing.assert_allclose(found.average_precision, 1 / (right + 1))


@pytest.mark.parametrize("away", [1.0, 1e4, 1e7, 1e12])
def test_a_far_outlier_leaves_the_near_ones_their_order(away):
    # The right one is the second nearest of ten that lie side by side.
    near = np.linspace(0, 0.1, 10)[:, None] * np.ones(6)
    database = np.concatenate([near, np.full((1, 6), away)]).astype(np.float32)
    labels = np.ones(11, int)
    labels[1] = 0
    found = euclidean_retrieval(near[:1] - 0.001, [0], database, labels)
    assert found.average_precision.tolist() == [0.5]


def test_two_groups_far_from_each_other_keep_their_orders():
    near = np.linspace(0, 1, 8)[:, None] * np.ones(4)
    database = np.concatenate([near, near + 4096]).astype(np.float32)
    labels = np.tile([1, 0, 1, 1, 1, 1, 1, 1], 2)
    labels[:8] += 2
    queries = np.float32(4096) + np.array([[0.01] * 4], np.float32)
    found = euclidean_retrieval(queries, [0], database, labels)
    assert found.average_precision.tolist() == [0.5]
