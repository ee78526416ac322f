"""What two workers are shown in place of one, pixel for pixel, and nothing twice."""

import numpy as np
import pytest

from data_pipelines import steps
from tests.data_pipelines.batches import RECORDS, SIZE
from tfretrieval.workers import Workers, WorkersError

NAMES = ("a:1", "b:2")
EPOCHS = {"seed": 3, "first_epoch": 1, "epochs": 3}
TUPLES = np.random.default_rng(0).integers(0, 20, (9, 4))
FEATURES = np.random.default_rng(1).standard_normal((20, 2, 5)).astype(np.float32)
LABELS = np.arange(20) % 4
SKETCHES, PHOTOS = np.arange(12), np.arange(12, 20)


def pictures(**options):
    return steps.train_batches(RECORDS, np.arange(18), batch_size=4, **SIZE, **EPOCHS, **options)


def classes(**options):
    drawn = {"classes_per_batch": 2, "images_per_class": 3}
    return steps.class_batches(RECORDS, np.arange(20), **drawn, **SIZE, **EPOCHS, **options)


def tuples(**options):
    return steps.tuple_batches(RECORDS, TUPLES, batch_size=4, **SIZE, **EPOCHS, **options)


def features(**options):
    indices = np.arange(18)
    return steps.feature_batches(FEATURES, LABELS, indices, batch_size=4, **EPOCHS, **options)


def tuple_features(**options):
    return steps.tuple_feature_batches(FEATURES, TUPLES, batch_size=4, **EPOCHS, **options)


def pairs(**options):
    lists = (SKETCHES, PHOTOS)
    return steps.paired_batches(RECORDS, *lists, per_domain=4, **SIZE, **EPOCHS, **options)


def pair_features(**options):
    lists = (SKETCHES, PHOTOS)
    return steps.paired_feature_batches(FEATURES, LABELS, *lists, per_domain=4, **EPOCHS, **options)


def columns(batch):
    """The arrays of a batch, rows first."""
    x, y = batch
    return [*(x.values() if isinstance(x, dict) else [x]), y]


def joined(first, second, parts):
    """The rows of two workers; where a batch has two domains, of one domain after the other."""
    pieces = (np.split(share, parts) for share in (first, second))
    return np.concatenate([row for domain in zip(*pieces, strict=True) for row in domain])


@pytest.mark.parametrize("make", [pictures, classes, tuples, features, tuple_features])
def test_shares_of_two_are_the_batches_of_one(make):
    check(make, parts=1)


@pytest.mark.parametrize("make", [pairs, pair_features])
def test_each_domain_is_shared(make):
    check(make, parts=2)


def check(make, parts):
    whole = list(make().as_numpy_iterator())
    shares = [list(make(workers=Workers(NAMES, i)).as_numpy_iterator()) for i in (0, 1)]
    assert len(whole) == len(shares[0]) == len(shares[1]) > 1
    for batch, first, second in zip(whole, *shares, strict=True):
        for rows, one, other in zip(*map(columns, (batch, first, second)), strict=True):
            np.testing.assert_array_equal(rows, joined(one, other, parts))


@pytest.mark.parametrize("make", [pictures, features, pairs])
def test_a_batch_that_does_not_divide_is_refused(make):
    with pytest.raises(WorkersError, match="a batch of 4 does not divide among 3 workers"):
        make(workers=Workers((*NAMES, "c:3")))
