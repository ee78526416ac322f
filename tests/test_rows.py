import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfretrieval.rows import repeated_rows, squared_distances

QUICK = settings(max_examples=25, deadline=None, derandomize=True)


@QUICK
@given(st.lists(st.tuples(*2 * [st.sampled_from([0.0, -0.0, 1.0, 2.5])]), min_size=1, max_size=12))
def test_repeated_rows_are_those_that_loops_find(values):
    for dtype in (np.float16, np.float32, np.float64):
        again, first = repeated_rows(np.array(values, dtype))
        expected = {i: values.index(row) for i, row in enumerate(values) if values.index(row) < i}
        assert dict(zip(again.tolist(), first.tolist(), strict=True)) == expected


def test_repeated_rows_of_views_and_in_blocks(monkeypatch):
    x = np.random.default_rng(0).integers(0, 2, (40, 2, 3)).astype(np.float32)
    expected = [part.tolist() for part in repeated_rows(x)]
    monkeypatch.setattr(sys.modules[repeated_rows.__module__], "_BLOCK", 12)
    assert [part.tolist() for part in repeated_rows(np.asfortranarray(x))] == expected
    assert len(expected[0]) > 10


@QUICK
@given(
    st.lists(st.integers(-4, 4), min_size=1, max_size=5),
    st.sampled_from([0.0, 1e3, 1e6, 1e9]),
)
def test_distances_keep_their_digits_far_from_zero(values, away):
    x = np.array(values, np.float64)[:, None] / 8
    expected = np.square(x - x.T)
    np.testing.assert_array_equal(squared_distances(x + away, x + away), expected)


@pytest.mark.parametrize("block", [1 << 22, 6])
def test_distances_equal_the_differences(monkeypatch, block):
    monkeypatch.setattr(sys.modules[squared_distances.__module__], "_BLOCK", block)
    generator = np.random.default_rng(0)
    a, b = generator.standard_normal((5, 3)) * 1e-4, generator.standard_normal((7, 3)) * 1e-4
    a[2], b[:2] = 1e5, a[:2]
    expected = np.square(a[:, None] - b[None]).sum(-1)
    np.testing.assert_allclose(squared_distances(a, b), expected, rtol=1e-9, atol=0)
