from recipes.comparison.heads import HEADS
from recipes.comparison.methods import FAMILIES, METHODS, RATES, TRIALS, named
from recipes.comparison.training import MINED


def test_every_trained_method_has_a_head_and_no_other_has():
    trained = {name for name, method in METHODS.items() if method.trained}
    assert trained == {*HEADS, *MINED}


def test_titles_tell_methods_apart_and_families_are_known():
    assert len({method.title for method in METHODS.values()}) == len(METHODS)
    assert {method.family for method in METHODS.values()} == set(FAMILIES)


def test_no_method_has_more_trials_than_the_budget():
    for name, method in METHODS.items():
        assert max(len(method.values), 1) + len(RATES) - 1 <= TRIALS, name
        assert bool(method.values) == bool(method.number), name


def test_numbers_grow_with_the_length_as_their_unit_does():
    assert METHODS["triplet_hard"].at(8.0, 16) == 4.0
    assert METHODS["hashnet"].at(0.15, 32) == 0.3
    assert METHODS["csq"].at(0.1, 16) == 0.1


def test_named_keeps_the_order_of_the_table():
    assert named(("adaptive_triplet", "cosine")) == ("cosine", "adaptive_triplet")
    assert named(("all", "dsh")) == tuple(METHODS)
