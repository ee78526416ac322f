import sys

import numpy as np
import pytest

from tfretrieval.search import augment_database, expand_queries, rank

GENERATOR = np.random.default_rng(0)


def unit(n, d=6):
    x = GENERATOR.standard_normal((n, d)).astype(np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


QUERIES, DATABASE = unit(9), unit(30)


@pytest.mark.parametrize("block", [6 << 20, 60])
def test_rank_equals_sorting_all(monkeypatch, block):
    monkeypatch.setattr(sys.modules[rank.__module__], "_BLOCK", block)
    indices, similarities = rank(QUERIES, DATABASE)
    expected = QUERIES @ DATABASE.T
    np.testing.assert_array_equal(indices, np.argsort(-expected, axis=1, kind="stable"))
    np.testing.assert_allclose(similarities, -np.sort(-expected, axis=1), rtol=1e-5)
    np.testing.assert_array_equal(rank(QUERIES, DATABASE, top=4)[0], indices[:, :4])


def test_equal_similarities_keep_the_order_of_the_database():
    assert rank(QUERIES[:1], np.repeat(DATABASE[:1], 5, axis=0))[0].tolist() == [[0, 1, 2, 3, 4]]


@pytest.mark.parametrize("alpha", [0.0, 3.0])
def test_expansion_equals_the_loop_over_neighbours(alpha):
    found = expand_queries(QUERIES, DATABASE, neighbours=4, alpha=alpha)
    for query, expanded in zip(QUERIES, found, strict=True):
        similarity = DATABASE @ query
        total = query.astype(np.float64)
        for i in np.argsort(-similarity)[:4]:
            total = total + max(similarity[i], 0) ** alpha * DATABASE[i]
        np.testing.assert_allclose(expanded, total / np.linalg.norm(total), atol=1e-5)


def test_a_picture_of_the_database_counts_once():
    found = augment_database(DATABASE, neighbours=3, alpha=2.0)
    without = np.stack(
        [
            expand_queries(DATABASE[i : i + 1], np.delete(DATABASE, i, axis=0), 3, 2.0)[0]
            for i in range(len(DATABASE))
        ]
    )
    np.testing.assert_allclose(found, without, atol=1e-5)


def test_expansion_finds_what_is_near_the_neighbours():
    # A chain: each picture is like the next one only.
    angles = np.linspace(0, 1.5, 6)
    chain = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    away = np.array([[np.cos(1.0), -np.sin(1.0)]])
    database = np.concatenate([chain[1:], away])
    before = rank(chain[:1], database)[0][0].tolist()
    after = rank(expand_queries(chain[:1], database, 2), database)[0][0].tolist()
    assert before.index(5) < before.index(4) and after.index(5) == 5


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: rank(QUERIES, DATABASE[:, :3]), "of one D"),
        (lambda: rank(QUERIES, DATABASE, top=31), "top must be in 1..30"),
        (lambda: expand_queries(QUERIES, DATABASE, neighbours=31), "top must be in 1..30"),
        (lambda: expand_queries(QUERIES, DATABASE, alpha=-1), "not be negative"),
        (lambda: augment_database(DATABASE, neighbours=30), "neighbours must be below 30"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("count", [3, 7, 17, 301])
def test_equal_rows_keep_the_order_of_the_database(count):
    # By where they stand the products of equal rows differ in the last place.
    database = np.tile(unit(1, 128), (count, 1))
    for queries in (unit(1, 128), unit(5, 128)):
        indices, similarities = rank(queries, database)
        for row, values in zip(indices, similarities, strict=True):
            assert row.tolist() == list(range(count)) and len(set(values.tolist())) == 1


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_descriptors_that_are_not_finite_are_refused(value):
    broken = DATABASE.copy()
    broken[4, 2] = value
    for call in (
        lambda: rank(broken, DATABASE),
        lambda: rank(QUERIES, broken),
        lambda: expand_queries(broken, DATABASE),
        lambda: expand_queries(QUERIES, broken),
        lambda: augment_database(broken),
    ):
        with pytest.raises(ValueError, match="NaN or infinite"):
            call()
