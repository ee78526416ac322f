"""Ids are exact or refused, whatever column they come in."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfretrieval.ids import exact_ids

QUICK = settings(max_examples=25, deadline=None, derandomize=True)
INT64 = st.integers(-(2**63), 2**63 - 1)


@QUICK
@given(st.lists(INT64, max_size=6), st.booleans())
def test_integers_come_back_as_they_are(values, boxed):
    given_values = np.array(values, object) if boxed else np.array(values, np.int64)
    assert exact_ids(given_values).tolist() == values


@QUICK
@given(st.lists(st.integers(-(2**25), 2**25), min_size=1, max_size=6))
def test_float32_is_exact_or_refused(values):
    floats = np.array(values, np.float32)
    if max(map(abs, values)) < 2**24:
        assert exact_ids(floats).tolist() == values
    elif np.abs(floats).max() >= 2**24:
        with pytest.raises(ValueError, match="below 16777216"):
            exact_ids(floats)


@QUICK
@given(st.lists(st.text("ab\u00e4\u9ce5 ", max_size=4), min_size=1, max_size=5), st.booleans())
def test_strings_come_back_where_they_are_ids(values, boxed):
    column = np.array(values, object if boxed else None)
    assert exact_ids(column, text=True).tolist() == values
    with pytest.raises(ValueError, match="ids must be integer"):
        exact_ids(column)


@pytest.mark.parametrize(
    "values, message",
    [
        (np.array([2**63], np.uint64), "beyond int64"),
        ([2**64], "beyond int64"),
        ([2**63, -1], "below 9007199254740992"),
        ([0.5], "must be integer"),
        ([np.nan], "must be integer"),
        ([1, None], "None among them"),
        (["a", 1.5, None], "among them"),
        ([b"a"], "must be integer"),
        ([1j], "must be integer"),
    ],
)
def test_what_is_no_id_is_told_in_one_line(values, message):
    if not isinstance(values, np.ndarray) and {str, type(None)} & set(map(type, values)):
        values = np.array(values, object)
    with pytest.raises(ValueError, match=message) as error:
        exact_ids(values)
    assert "\n" not in str(error.value)


def test_the_largest_unsigned_that_fits_is_read():
    assert exact_ids(np.array([2**63 - 1], np.uint64)).tolist() == [2**63 - 1]


def test_a_column_of_a_table_is_read():
    class Column:
        """What pandas' Series shows of itself to NumPy."""

        def __init__(self, values, dtype):
            self.values, self.dtype = values, dtype

        def __array__(self, dtype=None, copy=None):
            return np.array(self.values, dtype or self.dtype)

    assert exact_ids(Column([4, 2], np.int64)).tolist() == [4, 2]
    assert exact_ids(Column(["b", "a"], object), text=True).tolist() == ["b", "a"]
