"""Batches of cached features come in the order of the pictures."""

import numpy as np
import pytest
import tensorflow as tf

from data_pipelines.steps import (
    eval_batches,
    feature_batches,
    train_batches,
    tuple_batches,
    tuple_feature_batches,
)
from tests.data_pipelines.pictures import make_records

FEATURES = np.random.default_rng(0).standard_normal((12, 1, 1, 3)).astype(np.float32)
LABELS = np.arange(12) % 3


def batches(features=FEATURES, indices=None, **settings):
    settings = {"batch_size": 4, "seed": 1, "epochs": 2, **settings}
    indices = np.arange(12) if indices is None else indices
    return list(feature_batches(features, LABELS, indices, **settings))


def test_an_epoch_shows_every_picture_once_beside_its_label():
    (first, second) = (batches()[:3], batches()[3:])
    for epoch in (first, second):
        rows = np.concatenate([x for x, _ in epoch])
        labels = np.concatenate([y for _, y in epoch])
        found = [np.flatnonzero((row == FEATURES).all(axis=(1, 2, 3)))[0] for row in rows]
        assert sorted(found) == list(range(12))
        np.testing.assert_array_equal(labels, LABELS[found])


def test_the_order_is_that_of_the_pictures():
    records = make_records(LABELS)
    pictures = train_batches(
        records, np.arange(12), image_size=8, batch_size=4, seed=1, epochs=2, augment=False
    )
    for (_, ours), (_, theirs) in zip(batches(), pictures, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_from_a_later_epoch_on_it_is_the_same():
    for (x, y), (again, label) in zip(batches(first_epoch=1), batches()[3:], strict=True):
        np.testing.assert_array_equal(x, again)
        np.testing.assert_array_equal(y, label)


def test_few_pictures_are_one_smaller_batch_and_half_precision_arrives_as_float32():
    ((x, _),) = batches(FEATURES.astype(np.float16), np.arange(3), epochs=1)
    assert x.shape == (3, 1, 1, 3) and x.dtype == tf.float32


def test_tuples_of_features_come_in_the_order_of_tuples_of_pictures():
    tuples = np.array([[0, 3, 1], [3, 6, 2], [1, 4, 0], [4, 7, 3], [2, 5, 1]])
    settings = {"batch_size": 2, "seed": 1, "epochs": 2, "first_epoch": 1}
    records = make_records(LABELS)
    ours = list(tuple_feature_batches(FEATURES, tuples, **settings))
    theirs = list(tuple_batches(records, tuples, image_size=8, augment=False, **settings))
    seen = np.stack(
        [
            next(iter(eval_batches(records, [i], image_size=8, batch_size=1)))[0][0]
            for i in range(12)
        ]
    )
    assert len(ours) == len(theirs) == 2
    for (x, y), (images, _) in zip(ours, theirs, strict=True):
        assert x.shape == (2, 3, 1, 1, 3) and y.shape == (2,)
        found = [
            [np.flatnonzero((f == FEATURES).all(axis=(1, 2, 3)))[0] for f in one]
            for one in x.numpy()
        ]
        np.testing.assert_allclose(seen[np.array(found)], images, atol=1e-3)


def test_no_pictures_are_refused():
    with pytest.raises(ValueError, match="must be positive"):
        batches(indices=np.zeros(0, np.int64))
