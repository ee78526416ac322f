"""The interval of a mean difference over queries."""

import numpy as np
import pytest

from tfretrieval.evaluation import bootstrap, paired_bootstrap


def test_the_interval_is_that_of_the_normal_approximation_on_many_queries():
    rng = np.random.default_rng(0)
    a = rng.random(2000)
    b = a - 0.05 + 0.1 * rng.standard_normal(2000)
    interval = paired_bootstrap(a, b, samples=2000)
    error = 1.96 * np.std(a - b) / np.sqrt(2000)
    assert interval.difference == pytest.approx(np.mean(a - b))
    assert interval.low == pytest.approx(np.mean(a - b) - error, abs=5e-4)
    assert interval.high == pytest.approx(np.mean(a - b) + error, abs=5e-4)


def test_the_same_seed_gives_the_same_interval():
    a, b = np.random.default_rng(0).random((2, 30))
    first = paired_bootstrap(a, b, samples=200, seed=3)
    assert first == paired_bootstrap(a, b, samples=200, seed=3)
    assert first != paired_bootstrap(a, b, samples=200, seed=4)


def test_a_lower_level_gives_a_narrower_interval():
    a, b = np.random.default_rng(0).random((2, 30))
    wide, narrow = (paired_bootstrap(a, b, samples=500, level=level) for level in (0.95, 0.5))
    assert wide.low < narrow.low < narrow.difference < narrow.high < wide.high


@pytest.mark.parametrize(
    ("a", "b", "options", "message"),
    [
        ([0.1], [0.1, 0.2], {}, "over the same queries"),
        ([0.1, np.nan], [0.1, 0.2], {}, "in one system only"),
        ([np.nan], [np.nan], {}, "no query"),
        ([0.1], [0.2], {"samples": 0}, "samples"),
        ([0.1], [0.2], {"level": 1.0}, "level"),
    ],
)
def test_bad_input_is_refused_in_one_line(a, b, options, message):
    with pytest.raises(ValueError, match=message):
        paired_bootstrap(a, b, **options)


@pytest.mark.parametrize("at_once", [1, 50, 1000])
def test_draws_in_blocks_are_those_one_after_another(monkeypatch, at_once):
    monkeypatch.setattr(bootstrap, "DRAWN_AT_ONCE", at_once)
    generator = np.random.default_rng(3)
    a, b = generator.random((2, 13))
    rng = np.random.default_rng(7)
    means = [(a - b)[rng.integers(0, 13, 13)].mean() for _ in range(200)]
    expected = ((a - b).mean(), *np.quantile(means, [(1 - 0.9) / 2, (1 + 0.9) / 2]))
    assert paired_bootstrap(a, b, samples=200, seed=7, level=0.9) == expected
