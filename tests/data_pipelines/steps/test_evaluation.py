"""Evaluation batches: every picture once, in order, cut as its box and mask say."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from data_pipelines import steps
from tests.data_pipelines.batches import HALVES, MASKS, RECORDS, SIZE, listed
from tests.data_pipelines.pictures import make_records
from tfretrieval import images


def test_eval_batches_keep_order_and_drop_nothing():
    indices = [5, 0, 19, 7, 7]
    batches = listed(steps.eval_batches(RECORDS, indices, batch_size=2, **SIZE))
    assert [len(labels) for _, labels in batches] == [2, 2, 1]
    pixels, labels = (np.concatenate(column) for column in zip(*batches, strict=True))
    np.testing.assert_array_equal(labels, RECORDS.labels[indices])
    expected = np.stack([images.load(RECORDS.read(i), 8) for i in indices])
    np.testing.assert_allclose(pixels, expected, atol=1e-4)


def test_one_graph_makes_the_pixels_of_all_batches(monkeypatch):
    traced, load = [], images.load

    def counting(contents, size):
        traced.append(size)
        return load(contents, size)

    monkeypatch.setattr(images, "load", counting)
    for size in (8, 8, 9):
        steps.eval_batches(RECORDS, [0, 1], image_size=size, batch_size=1)
        once = {"batch_size": 1, "seed": 0, "epochs": 1, "augment": False}
        steps.train_batches(RECORDS, np.array([0, 1]), image_size=size, **once)
    assert traced == [8, 9]


def test_eval_batches_cut_out_the_boxes_they_are_given():
    boxes = np.tile(np.float32([0.0, 0.5, 0.5, 1.0]), (len(RECORDS), 1))
    [(pixels, _)] = listed(steps.eval_batches(RECORDS, [4], batch_size=1, boxes=boxes, **SIZE))
    np.testing.assert_allclose(pixels[0], images.load(RECORDS.read(4), 8, boxes[4]), atol=1e-4)


def test_eval_batches_hide_the_background_of_their_masks():
    for boxes in (None, HALVES):
        [(pixels, _)] = listed(
            steps.eval_batches(RECORDS, [4, 9], batch_size=2, boxes=boxes, masks=MASKS, **SIZE)
        )
        box = None if boxes is None else boxes[0]
        expected = np.stack([images.load(RECORDS.read(i), 8, box, MASKS[i]) for i in (4, 9)])
        np.testing.assert_allclose(pixels, expected, atol=1e-4)


@pytest.mark.parametrize("contents", [b" ", b"no picture", b"GIF89a" + b"\0" * 40])
def test_a_picture_that_is_none_any_more_is_named(contents):
    blobs = [*RECORDS.blobs[:7], contents, *RECORDS.blobs[8:]]
    changed = dataclasses.replace(RECORDS, blobs=blobs)
    with pytest.raises(tf.errors.InvalidArgumentError, match="007.png"):
        listed(steps.eval_batches(changed, range(20), batch_size=20, **SIZE))


def test_a_foreign_picture_that_is_damaged_since_is_named():
    foreign = np.arange(20) == 7
    changed = dataclasses.replace(
        RECORDS,
        blobs=[b"RIFF" if x else b for x, b in zip(foreign, RECORDS.blobs, strict=True)],
        foreign=foreign,
    )
    with pytest.raises(tf.errors.OpError, match="007.png"):
        listed(steps.eval_batches(changed, range(20), batch_size=20, **SIZE))


def test_multi_hot_labels_travel_as_they_are():
    records = make_records(np.eye(3, dtype=int)[[0, 1, 2, 2]] | [1, 0, 0])
    [(_, labels)] = listed(steps.eval_batches(records, range(4), batch_size=4, **SIZE))
    np.testing.assert_array_equal(labels, records.labels)
