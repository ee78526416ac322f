"""The meanings of mAP on codes whose numbers are known by hand."""

import numpy as np
import pytest

from benchmarks.which_number import meanings


def codes(query, database):
    """One-byte codes of eight bits, and labels."""
    (query_codes, query_labels), (database_codes, database_labels) = query, database
    return {
        "bits": np.array(8),
        "query_packed": np.array(query_codes, np.uint8)[:, None],
        "query_labels": np.array(query_labels),
        "database_packed": np.array(database_codes, np.uint8)[:, None],
        "database_labels": np.array(database_labels),
    }


def test_divisors_and_ties_give_different_numbers_of_one_ranking():
    # Distances 1, 1, 2, 3 to the query of class 0; right are the second and the last.
    found = {
        (name, meaning.split(";")[0]): value
        for name, meaning, value in meanings(
            codes(([0b1], [0]), ([0b11, 0b101, 0b111, 0b1111], [1, 0, 1, 0])), (2,)
        )
    }
    # The tie: right first or second, the last at rank 4 in either order.
    assert found["mAP", "in the best order"] == pytest.approx((1 + 2 / 4) / 2)
    assert found["mAP", "in the worst order"] == pytest.approx((1 / 2 + 2 / 4) / 2)
    assert found["mAP", "tie-aware"] == pytest.approx((3 / 4 + 2 / 4) / 2)
    assert found["mAP", "in the order of the database"] == pytest.approx((1 / 2 + 2 / 4) / 2)
    # Within two ranks: one of two right ones.
    assert found["mAP@2", "tie-aware, divided by all relevant items"] == pytest.approx(3 / 8)
    assert found["mAP@2", "tie-aware, divided by min(k, relevant items)"] == pytest.approx(3 / 8)
    among = "in the order of the database, divided by the relevant items among the k"
    assert found["mAP@2", among] == pytest.approx(1 / 2)
    assert found["MAP@R", "tie-aware, cut at the number of relevant items"] == pytest.approx(3 / 8)
    assert found["P@2", "share of the first k, no AP"] == pytest.approx(1 / 2)


def test_a_query_that_finds_nothing_is_left_out_or_counts_as_zero():
    both = codes(([0b1, 0b11111111], [0, 0]), ([0b1, 0b11111111], [0, 1]))
    among = (
        "in the order of the database, divided by the relevant items among the k; "
        "queries without one"
    )
    found = {meaning: value for name, meaning, value in meanings(both, (1,)) if name == "mAP@1"}
    assert found[f"{among} left out"] == 1 and found[f"{among} counted as 0"] == 0.5


def test_a_query_of_a_class_that_is_not_there_has_no_part_in_it():
    one = codes(([0b1], [0]), ([0b11, 0b101], [0, 1]))
    more = codes(([0b1, 0b11], [0, 7]), ([0b11, 0b101], [0, 1]))
    assert list(meanings(more, (1,))) == list(meanings(one, (1,)))
