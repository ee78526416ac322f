"""What the network weighs before any tuple."""

import numpy as np
import pytest

from recipes.instance import starting_weights
from recipes.instance.settings import InstanceSettings
from recipes.instance.starting_weights import whole_and_boxes
from tests.recipes.instance.tiny import things
from tfretrieval.workers import Workers, WorkersError


def test_without_weights_the_classifier_sees_pictures_whole_and_cut_out():
    records = things([0, 0, 1], seed=4, boxes=True)
    twice, view = whole_and_boxes(records)
    np.testing.assert_array_equal(twice.labels, [0, 0, 1, 0, 0, 1])
    assert [twice.read(i) for i in range(6)] == 2 * [records.read(i) for i in range(3)]
    np.testing.assert_array_equal(view.boxes[:3], np.tile([0, 0, 1, 1], (3, 1)))
    np.testing.assert_array_equal(view.boxes[3:], records.boxes)


def test_without_boxes_the_classifier_sees_whole_pictures_alone():
    records = things([0, 0, 1], seed=4)
    same, view = whole_and_boxes(records)
    assert same is records
    assert view.boxes is None


def test_the_weights_are_those_of_the_backbone_alone(before):
    backbone = before.encoder.get_weights()[:-1]
    assert [w.shape for w in before.starting] == [w.shape for w in backbone]
    for one, other in zip(before.starting, backbone, strict=True):
        np.testing.assert_array_equal(one, other)


def test_batches_that_do_not_divide_among_workers_are_told_before_the_data(monkeypatch):
    three = Workers(("a:1", "b:1", "c:1"))
    monkeypatch.setattr(starting_weights, "from_environment", lambda: three)
    with pytest.raises(WorkersError, match="32 does not divide among 3"):
        starting_weights.check(InstanceSettings(weights="none"))
