"""Orders are pure functions of (seed, epoch) and keep their promises about classes."""

import numpy as np
import pytest

from data_pipelines import order


def test_order_is_a_permutation_that_changes_with_seed_and_epoch_only():
    first = order.shuffled(50, seed=3, epoch=4)
    assert sorted(first) == list(range(50)) and first.dtype == np.int64
    np.testing.assert_array_equal(first, order.shuffled(50, seed=3, epoch=4))
    assert (first != order.shuffled(50, seed=3, epoch=5)).any()
    assert (first != order.shuffled(50, seed=4, epoch=4)).any()


def test_order_is_the_same_with_every_numpy():
    assert order.shuffled(10, seed=3, epoch=4).tolist() == [7, 2, 3, 4, 9, 6, 8, 0, 1, 5]


def test_streams_are_drawn_apart():
    orders = [order.shuffled(50, seed=3, epoch=4, stream=stream) for stream in range(3)]
    for i, first in enumerate(orders):
        assert all((first == other).sum() < 8 for other in orders[i + 1 :])
    np.testing.assert_array_equal(orders[0], order.shuffled(50, seed=3, epoch=4))


def draw(labels, classes=3, images=2, **settings):
    settings = {"seed": 0, "epoch": 0} | settings
    return order.classes_by_pictures(
        np.asarray(labels), classes_per_batch=classes, images_per_class=images, **settings
    )


def test_batches_hold_p_classes_of_k_pictures():
    labels = np.repeat(np.arange(5), 7)
    batches = draw(labels, classes=3, images=4)
    assert batches.shape == (35 // 12, 3, 4)
    for batch in batches:
        assert len(np.unique(labels[batch[:, 0]])) == 3
        assert all(len(set(labels[row])) == 1 and len(set(row)) == 4 for row in batch)
    np.testing.assert_array_equal(batches, draw(labels, classes=3, images=4))
    assert (batches != draw(labels, classes=3, images=4, epoch=1)).any()


def test_small_classes_repeat_and_single_pictures_are_never_drawn():
    labels = np.array([0, 0, 1, 2, 2, 2, 2, 2])
    batches = draw(labels, classes=2, images=4)
    assert set(labels[batches].ravel()) == {0, 2}


@pytest.mark.parametrize(
    "labels, settings, message",
    [
        (np.ones((4, 2)), {}, "one label"),
        ([0, 0, 1, 1], {}, "1..2"),
        ([0, 0, 1, 1], {"classes": 2, "images": 1}, "at least 2"),
    ],
)
def test_impossible_batches_are_refused(labels, settings, message):
    with pytest.raises(ValueError, match=message):
        draw(labels, **settings)


def test_no_examples_are_refused():
    with pytest.raises(ValueError, match="positive"):
        order.steps_per_epoch(0, 8)
