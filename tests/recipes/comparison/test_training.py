"""Heads side by side are what each would be alone, on the same batches for all methods."""

import weakref

import numpy as np
import pytest

from recipes.comparison import training
from recipes.comparison.training import Wanted, train
from tests.recipes.comparison.tiny import CONFIG, LABELS, TASK
from tfretrieval.evaluation import hamming_retrieval


def maps(codes):
    found = hamming_retrieval(codes, LABELS, codes, LABELS, leave_one_out=True, stable=False)
    return found.mean_average_precision


@pytest.mark.parametrize("method", ["greedyhash", "triplet_mined", "adaptive_triplet"])
def test_trains_a_head_for_every_length(method):
    value = 1.0 if method != "adaptive_triplet" else 0.0
    codes = train(method, [Wanted(8, value), Wanted(6, value)], 0.01, TASK, CONFIG)
    assert [one.shape for one in codes] == [(36, 8), (36, 6)]
    again = train(method, [Wanted(8, value), Wanted(6, value)], 0.01, TASK, CONFIG)
    for one, other in zip(codes, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_head_learns_beside_others_what_it_learns_alone():
    """Its start is drawn first: the same draw of the seed."""
    (alone,) = train("contrastive", [Wanted(8, 8.0)], 0.01, TASK, CONFIG)
    beside, _ = train("contrastive", [Wanted(8, 8.0), Wanted(6, 8.0)], 0.01, TASK, CONFIG)
    np.testing.assert_allclose(alone, beside, rtol=1e-4, atol=1e-5)


def test_heads_that_are_done_with_leave_memory(monkeypatch):
    made, train_heads = [], training.train_heads

    def kept(*arguments):
        heads = train_heads(*arguments)
        made.append(weakref.ref(heads.model))
        return heads

    monkeypatch.setattr(training, "train_heads", kept)
    for _ in range(2):
        train("dsh", [Wanted(8, 8.0)], 0.01, TASK, CONFIG)
    assert made[0]() is None


def test_what_was_learned_tells_the_classes_apart():
    (codes,) = train("cross_entropy", [Wanted(8, 0.0)], 0.03, TASK, CONFIG)
    assert maps(codes) > 0.7
