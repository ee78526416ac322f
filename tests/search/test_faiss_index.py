"""The exact engine equals NumPy's, ties included; the others find most of it."""

import sys

import numpy as np
import pytest

from tests.search.test_hamming_index import random_codes
from tfretrieval.search import FaissIndex, HammingIndex

pytest.importorskip("faiss")


@pytest.fixture(params=[8, 64, 256])
def both(request):
    bits = request.param
    codes = random_codes(700, bits)
    indexes = HammingIndex(bits), FaissIndex(bits)
    for index in indexes:
        index.add(codes[:300], np.arange(300) * 7)
        index.add(codes[300:], np.arange(300, 700) * 7)
    return indexes


@pytest.mark.parametrize("k", [1, 10, 700])
def test_flat_gives_what_numpy_gives_ties_in_order(both, k):
    queries = random_codes(9, both[0].bits, seed=1)
    plain, engine = (index.search(queries, k) for index in both)
    for expected, found in zip(plain, engine, strict=True):
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == expected.dtype


def test_so_does_a_radius(both):
    queries = random_codes(9, both[0].bits, seed=1)
    plain, engine = (index.range_search(queries, both[0].bits // 3) for index in both)
    for (far, ids), (distances, names) in zip(plain, engine, strict=True):
        np.testing.assert_array_equal(distances, far)
        np.testing.assert_array_equal(names, ids)


@pytest.mark.parametrize("kind", ["ivf", "hnsw", "hash"])
def test_the_others_find_near_codes_at_their_true_distance(kind):
    codes = random_codes(3000, 64)
    queries = codes[:40].copy()
    queries[:, 0] ^= 1
    index = FaissIndex(64, kind)
    index.add(codes, [f"{i}" for i in range(3000)])
    distances, ids = index.search(queries, 5)
    assert (ids[:, 0] == [f"{i}" for i in range(40)]).mean() > 0.9
    for far, names, query in zip(distances, ids, queries, strict=True):
        known = far >= 0
        true = np.unpackbits(codes[names[known].astype(int)] ^ query, axis=1).sum(axis=1)
        np.testing.assert_array_equal(far[known], true)
        assert (np.diff(far[known]) >= 0).all()
    with pytest.raises(ValueError, match="wants kind 'flat'"):
        index.range_search(queries, 2)


def test_bad_input_is_refused(monkeypatch):
    with pytest.raises(ValueError, match="whole bytes"):
        FaissIndex(12)
    with pytest.raises(ValueError, match="kind must be one of"):
        FaissIndex(8, "tree")
    index = FaissIndex(8)
    assert index.range_search(np.zeros([1, 1], np.uint8), 3)[0][0].size == 0
    with pytest.raises(ValueError, match="k must lie"):
        index.search(np.zeros([1, 1], np.uint8), 1)
    with pytest.raises(ValueError, match="need 2 ids"):
        index.add(np.zeros([2, 1], np.uint8), [1])
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(ImportError, match=r"tfretrieval\[search\]"):
        FaissIndex(8)
