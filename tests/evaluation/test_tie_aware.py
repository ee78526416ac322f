"""Closed forms against an enumeration of every order inside the ties."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from tests.golden_files import golden
from tfretrieval.evaluation import tie_aware


def orders(distance, relevant):
    """Every order that sorts the distances, as tuples of relevance."""
    levels = [
        list(itertools.permutations([r for d, r in zip(distance, relevant, strict=True) if d == x]))
        for x in sorted(set(distance))
    ]
    for parts in itertools.product(*levels):
        yield tuple(itertools.chain(*parts))


def precision_sum(order, cutoff):
    return sum(
        Fraction(sum(order[: rank + 1]), rank + 1)
        for rank in range(min(cutoff, len(order)))
        if order[rank]
    )


def cumulated(distance, relevant, levels):
    counts = [np.bincount(distance, weights, levels) for weights in (None, relevant)]
    return [np.cumsum(count).astype(np.int64)[None] for count in counts]


def random_rankings(count=25):
    rng = np.random.default_rng(0)
    for _ in range(count):
        n = int(rng.integers(1, 7))
        yield rng.integers(0, 4, n).tolist(), rng.integers(0, 2, n).tolist()


@pytest.mark.parametrize("cutoff", [1, 2, 3, 5, 100])
def test_sums_are_the_mean_the_best_and_the_worst_of_all_orders(cutoff):
    for distance, relevant in random_rankings():
        sums = [precision_sum(order, cutoff) for order in orders(distance, relevant)]
        expected = [float(x) for x in (Fraction(sum(sums), len(sums)), max(sums), min(sums))]
        computed = tie_aware.precision_sums(*cumulated(distance, relevant, 5), cutoff)
        np.testing.assert_allclose([x[0] for x in computed], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("k", [1, 2, 3, 5, 100])
def test_hits_and_hit_probability_are_the_mean_over_all_orders(k):
    for distance, relevant in random_rankings():
        hits = [sum(order[:k]) for order in orders(distance, relevant)]
        table = cumulated(distance, relevant, 5)
        np.testing.assert_allclose(tie_aware.expected_hits(*table, k), [np.mean(hits)])
        probability = np.mean([h > 0 for h in hits])
        np.testing.assert_allclose(tie_aware.hit_probability(*table, k), [probability], atol=1e-12)


def test_golden_rankings_with_all_orders_enumerated():
    tiny = golden("hamming_tiny")
    names = ("ap_tie_fraction", "ap_optimistic_fraction", "ap_pessimistic_fraction")
    for i, n in enumerate(tiny["n_items"]):
        distance, relevant = tiny["distance"][i, :n], tiny["relevant"][i, :n]
        table = cumulated(distance, relevant, int(distance.max()) + 1)
        for name, total in zip(names, tie_aware.precision_sums(*table, int(n)), strict=True):
            numerator, denominator = tiny[name][i]
            assert total[0] / relevant.sum() == pytest.approx(numerator / denominator, abs=1e-12)


def test_long_ties_lose_no_precision():
    n, p = 50_000, 7
    expected, _, _ = tie_aware.precision_sums(np.array([[n]]), np.array([[p]]), n)
    harmonic = sum(Fraction(1, t).limit_denominator(10**30) for t in range(1, 2001))
    assert tie_aware.harmonic_numbers(2000)[2000] == pytest.approx(float(harmonic), abs=1e-14)
    ranks = np.arange(1, n + 1)
    slow = p / n * np.sum((1 + (ranks - 1) * (p - 1) / (n - 1)) / ranks)
    assert expected[0] == pytest.approx(slow, abs=1e-12)
