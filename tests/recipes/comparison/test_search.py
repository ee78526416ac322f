"""The best is looked for where it is, not only where the grid began."""

import math

import pytest

from recipes.comparison.methods import METHODS, RATES, TRIALS, Method, Trial
from recipes.comparison.search import best, search, untried

METHOD = Method("", "", "", "margin", (1.0, 2.0, 4.0))


def hill(value, rate, *, at):
    """Highest at a trial, and lower with every step away from it."""
    return -abs(math.log(value / at.value)) - abs(math.log(rate / at.rate))


def searched(method, figure):
    calls = []

    def try_values(values, rate):
        calls.extend(Trial(value, rate) for value in values)
        return {Trial(value, rate): figure(value, rate) for value in values}

    found = search(method, try_values)
    assert calls == list(found) and len(set(calls)) == len(calls) <= TRIALS
    return found


@pytest.mark.parametrize(
    "at",
    [Trial(2.0, 1e-3), Trial(16.0, 1e-3), Trial(0.25, 3e-4), Trial(4.0, 0.0333)],
    ids=["inside", "above", "below", "faster"],
)
def test_finds_what_lies_inside_and_beyond_the_grid(at):
    found = searched(METHOD, lambda value, rate: hill(value, rate, at=at))
    assert best(found) == at


def test_a_number_that_is_best_at_another_rate_is_found():
    """MEMS: without a margin it was best at the first rate, with one at the rate that won."""
    figures = {(1.0, 1e-3): 0.5, (1.0, 1e-2): 0.6, (1.5, 1e-2): 0.7}
    found = searched(METHODS["mems"], lambda value, rate: figures.get((value, rate), 0.1))
    assert best(found) == Trial(1.5, 1e-2)


def test_all_neighbours_of_the_best_are_tried_or_told():
    inside = searched(METHOD, lambda value, rate: hill(value, rate, at=Trial(2.0, 1e-3)))
    assert untried(METHOD, inside) == [] and len(inside) < TRIALS
    climbing = searched(METHOD, lambda value, rate: value)
    assert len(climbing) == TRIALS
    left = untried(METHOD, climbing)
    assert left and left[0].value > max(trial.value for trial in climbing)


def test_without_a_number_rates_alone_are_tried():
    found = searched(METHODS["cross_entropy"], lambda value, rate: -rate)
    assert {trial.value for trial in found} == {0.0}
    assert len(found) == TRIALS and best(found).rate < min(RATES)


def test_nothing_below_the_least_is_tried():
    found = searched(METHODS["mems"], lambda value, rate: -value)
    assert min(trial.value for trial in found) == 1.0
    assert untried(METHODS["mems"], found) == []


def test_what_diverged_is_the_last_to_be_chosen():
    assert best({Trial(1.0): math.nan, Trial(2.0): 0.0}) == Trial(2.0)
    found = searched(METHOD, lambda value, rate: math.nan if rate > 1e-3 else 1 - rate - value)
    assert not math.isnan(found[best(found)])
