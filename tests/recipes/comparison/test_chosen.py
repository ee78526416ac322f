import math

from recipes.comparison.choices import Choice, set_beforehand
from recipes.comparison.chosen import LEFT, TRIED, chosen
from recipes.comparison.methods import Trial


def row(method, choice):
    return chosen({"features": {method: choice}}).rows


def test_every_trial_and_what_lies_beside_the_best_untried_is_told():
    figures = {Trial(1.0): 0.25, Trial(2.0): 0.5, Trial(2.0, 0.01): math.nan}
    (found,) = row("mems", Choice(Trial(2.0), figures)).values()
    assert found["number"] == "margin 2" and found["rate"] == "0.001"
    assert found[TRIED] == "1 at 0.001: 25.0, 2 at 0.001: 50.0, 2 at 0.01: diverged"
    assert found[LEFT] == "4 at 0.001, 2 at 0.0001"


def test_a_method_without_a_number_has_rates():
    (found,) = row("cross_entropy", Choice(Trial(0.0), {Trial(0.0): 0.5})).values()
    assert found["number"] is None and found[TRIED] == "0.001: 50.0" and found[LEFT] is None


def test_of_nothing_tried_there_is_nothing_beside():
    (found,) = row("contrastive", set_beforehand("contrastive")).values()
    assert found[TRIED] is None and found[LEFT] is None
