"""A shortlist in the order of its cosines."""

import numpy as np
import pytest

from tfretrieval.search import rerank

FEATURES = np.random.default_rng(0).standard_normal((30, 8)).astype(np.float16)


def test_equals_a_loop_over_the_shortlist():
    query, shortlist = FEATURES[3].astype(np.float32), [9, 3, 22, 7, 1]

    def cosine(place):
        row = FEATURES[place].astype(np.float64)
        return row @ query / np.linalg.norm(row) / np.linalg.norm(query)

    order, cosines = rerank(query, FEATURES, shortlist)
    expected = sorted(shortlist, key=cosine, reverse=True)
    assert order.tolist() == expected and order[0] == 3
    np.testing.assert_allclose(cosines, [cosine(place) for place in expected], rtol=1e-5)


def test_equal_cosines_keep_their_order_and_zeros_come_as_zero():
    order, cosines = rerank([1.0, 0.0], np.array([[2.0, 0.0], [1.0, 0.0], [0.0, 0.0]]), [2, 1, 0])
    assert order.tolist() == [1, 0, 2] and cosines.tolist() == [1, 1, 0]


def test_features_of_another_length_are_refused():
    with pytest.raises(ValueError, match=r"\[N, 3\] as the query"):
        rerank(np.zeros(3), FEATURES, [0])
