"""How a network treats things that are neither trained on nor searched."""

import numpy as np
import pytest

from recipes.instance.held_out import HeldOut, look_at_held_out, order_kept


def test_before_training_the_order_is_that_of_the_network_itself(before):
    assert before.held_out.correlation == pytest.approx(1)
    assert before.held_out.negatives.shape == (15, 4)
    assert (np.diff(before.held_out.negatives, axis=1) >= -1e-6).all()


def test_another_network_is_asked_for_the_same_negatives(before):
    order = before.run.folder.read_arrays("before/order")["negatives"]
    there = look_at_held_out(before.run, "again", before.encoder)
    np.testing.assert_array_equal(there.negatives, before.held_out.negatives)
    np.testing.assert_array_equal(before.run.folder.read_arrays("before/order")["negatives"], order)


def test_an_order_turned_round_is_minus_one_and_a_single_rank_has_none():
    assert order_kept(np.array([[3.0, 2.0, 1.0]])) == pytest.approx(-1)
    assert np.isnan(order_kept(np.array([[3.0], [1.0]])))


def test_the_spread_is_of_the_last_rank_less_the_first():
    held_out = HeldOut(0.5, 0.1, np.array([[1.0, 2.0, 4.0], [2.0, 2.0, 5.0]]), 1.0)
    assert held_out.spread == pytest.approx(3.0)
