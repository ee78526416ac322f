"""Batches: shapes, order, and the same pictures after a resume."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from data_pipelines import order, steps
from data_pipelines.augment import Augmentation
from data_pipelines.records import DataError
from tests.data_pipelines.pictures import encode, make_records, picture
from tfretrieval import images

RECORDS = make_records(np.arange(20) % 4)
SIZE = {"image_size": 8}


def listed(dataset):
    return [tuple(part.numpy() for part in batch) for batch in dataset]


def assert_same(first, second):
    assert len(first) == len(second)
    for one, other in zip(first, second, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


def train(first_epoch=0, epochs=3, indices=range(3, 20), **settings):
    settings = SIZE | {"batch_size": 6, "seed": 1} | settings
    return steps.train_batches(RECORDS, indices, first_epoch=first_epoch, epochs=epochs, **settings)


def test_eval_batches_keep_order_and_drop_nothing():
    indices = [5, 0, 19, 7, 7]
    batches = listed(steps.eval_batches(RECORDS, indices, batch_size=2, **SIZE))
    assert [len(labels) for _, labels in batches] == [2, 2, 1]
    pixels, labels = (np.concatenate(column) for column in zip(*batches, strict=True))
    np.testing.assert_array_equal(labels, RECORDS.labels[indices])
    expected = np.stack([images.load(RECORDS.read(i), 8) for i in indices])
    np.testing.assert_allclose(pixels, expected, atol=1e-4)


def test_eval_batches_cut_out_the_boxes_they_are_given():
    boxes = np.tile(np.float32([0.0, 0.5, 0.5, 1.0]), (len(RECORDS), 1))
    [(pixels, _)] = listed(steps.eval_batches(RECORDS, [4], batch_size=1, boxes=boxes, **SIZE))
    np.testing.assert_allclose(pixels[0], images.load(RECORDS.read(4), 8, boxes[4]), atol=1e-4)


MASKS = np.random.default_rng(0).integers(0, 2, (len(RECORDS), 4, 4)).astype(bool)
HALVES = np.tile(np.float32([0.0, 0.0, 1.0, 0.5]), (len(RECORDS), 1))


def test_eval_batches_hide_the_background_of_their_masks():
    for boxes in (None, HALVES):
        [(pixels, _)] = listed(
            steps.eval_batches(RECORDS, [4, 9], batch_size=2, boxes=boxes, masks=MASKS, **SIZE)
        )
        box = None if boxes is None else boxes[0]
        expected = np.stack([images.load(RECORDS.read(i), 8, box, MASKS[i]) for i in (4, 9)])
        np.testing.assert_allclose(pixels, expected, atol=1e-4)


@pytest.mark.parametrize("augment", [False, True])
def test_every_kind_of_training_batch_shows_boxes_and_masks(augment):
    settings = SIZE | {"seed": 1, "epochs": 2, "augment": augment}
    made = {
        "train": lambda **region: train(indices=[8], epochs=2, augment=augment, **region),
        "class": lambda **region: steps.class_batches(
            RECORDS, [1, 2, 5, 6], classes_per_batch=2, images_per_class=2, **region, **settings
        ),
        "triplet": lambda **region: steps.tuple_batches(
            RECORDS, [[0, 4, 1]], batch_size=1, **region, **settings
        ),
    }
    nothing = np.zeros((len(RECORDS), 4, 4), bool)
    for make in made.values():
        shown, other = listed(make(boxes=HALVES)), listed(make(boxes=HALVES, masks=MASKS))
        assert (shown[0][0] != other[0][0]).any() and (shown[0][1] == other[0][1]).all()
        assert_same(other, listed(make(boxes=HALVES, masks=MASKS)))
        if not augment:
            for batch in listed(make(masks=nothing)):
                np.testing.assert_allclose(batch[0] - np.float32(images.MEAN_COLOR), 0, atol=1e-4)


def test_train_batches_show_each_epochs_order_and_drop_the_rest():
    batches = listed(train())
    assert len(batches) == 6 == len(train())
    assert batches[0][0].shape == (6, 8, 8, 3) and batches[0][0].dtype == np.float32
    shown = np.arange(3, 20)[order.shuffled(17, seed=1, epoch=1)]
    seen = np.concatenate([labels for _, labels in batches[2:4]])
    np.testing.assert_array_equal(seen, RECORDS.labels[shown[:12]])


def test_train_batches_are_a_pure_function_of_seed_and_epoch():
    whole = listed(train())
    assert_same(whole, listed(train()))
    assert_same(whole[2:], listed(train(first_epoch=1)))
    assert (whole[0][0] != whole[2][0]).any()
    assert (whole[0][0] != listed(train(seed=2, epochs=1))[0][0]).any()


def test_fewer_pictures_than_a_batch_make_one_smaller_batch():
    batches = listed(train(indices=[1, 2, 3]))
    assert [len(labels) for _, labels in batches] == [3, 3, 3]


def test_without_augmentation_only_the_order_is_random():
    [(pixels, _)] = listed(train(indices=[8], epochs=1, augment=False))
    np.testing.assert_allclose(pixels[0], images.load(RECORDS.read(8), 8), atol=1e-4)
    mild = Augmentation(area=(1.0, 1.0), aspect=(1.0, 1.0), flip=False, brightness=0.5)
    [(brighter, _)] = listed(train(indices=[8], epochs=1, augment=mild))
    assert (brighter != pixels).any()


def test_fit_sees_every_epoch_in_turn():
    seen = []

    class Remember(tf.keras.layers.Layer):
        def call(self, inputs):
            return tf.reshape(tf.numpy_function(self.note, [inputs], tf.float32), [-1, 1])

        @staticmethod
        def note(pixels):
            seen.append(pixels.sum().item())
            return pixels.mean((1, 2, 3))

    model = tf.keras.Sequential([tf.keras.Input((8, 8, 3)), Remember(), tf.keras.layers.Dense(1)])
    model.compile("sgd", "mse", jit_compile=False, run_eagerly=True)
    # Building a model may call its layers.
    seen.clear()
    model.fit(
        train(first_epoch=1), initial_epoch=1, epochs=3, steps_per_epoch=2, shuffle=False, verbose=0
    )
    expected = [pixels.sum().item() for pixels, _ in listed(train(first_epoch=1))]
    np.testing.assert_array_equal(seen, expected)


def test_multi_hot_labels_travel_as_they_are():
    records = make_records(np.eye(3, dtype=int)[[0, 1, 2, 2]] | [1, 0, 0])
    [(_, labels)] = listed(steps.eval_batches(records, range(4), batch_size=4, **SIZE))
    np.testing.assert_array_equal(labels, records.labels)


def test_class_batches_hold_p_classes_of_k_pictures_and_resume():
    def batches(first_epoch):
        dataset = steps.class_batches(
            RECORDS,
            range(20),
            classes_per_batch=2,
            images_per_class=3,
            seed=0,
            epochs=2,
            first_epoch=first_epoch,
            **SIZE,
        )
        return listed(dataset)

    whole = batches(0)
    assert len(whole) == 2 * (20 // 6)
    for pixels, labels in whole:
        assert pixels.shape == (6, 8, 8, 3)
        assert len(set(labels[:3])) == len(set(labels[3:])) == 1 and labels[0] != labels[3]
    assert_same(whole[3:], batches(1))


@pytest.mark.parametrize("negatives", [1, 3])
def test_tuple_batches_bring_all_members_and_the_margin(negatives):
    triplets = np.array([[0, 4, 1, 2, 7], [2, 6, 3, 0, 1], [5, 9, 8, 8, 8]])[:, : 2 + negatives]
    dataset = steps.tuple_batches(
        RECORDS, triplets, batch_size=3, seed=0, epochs=1, margin=0.5, augment=False, **SIZE
    )
    [(pixels, margins)] = listed(dataset)
    assert margins.tolist() == [0.5, 0.5, 0.5]
    shown = triplets[order.shuffled(3, seed=0, epoch=0)]
    expected = np.stack([images.load(RECORDS.read(i), 8) for i in shown.ravel()])
    np.testing.assert_allclose(pixels, expected.reshape(3, -1, 8, 8, 3), atol=1e-4)


def of_sizes(shapes):
    blobs = [encode(picture(str(i), *shape), "PNG") for i, shape in enumerate(shapes)]
    return dataclasses.replace(make_records([0] * len(shapes)), blobs=blobs)


def test_bounded_batches_keep_the_aspect_and_never_enlarge():
    shapes = [(40, 20), (10, 30), (20, 40), (12, 12), (40, 20), (20, 40), (60, 30)]
    records = of_sizes(shapes)
    boxes = np.tile(np.float32([0, 0, 1, 1]), (len(shapes), 1))
    boxes[0] = [0, 0, 0.5, 1]
    indices = [6, 5, 4, 2, 3, 0, 1]
    for long_side, expected in (
        (100, None),
        (20, {(20, 10), (7, 20), (10, 20), (12, 12), (20, 20)}),
    ):
        dataset, places = steps.bounded_batches(
            records, indices, long_side=long_side, batch_size=2, boxes=boxes
        )
        batches = [batch.numpy() for batch in dataset]
        assert sorted(places.tolist()) == list(range(7)) and max(map(len, batches)) == 2
        if expected:
            assert {batch.shape[1:3] for batch in batches} == expected
        rows = iter(places)
        for batch in batches:
            for shown in batch:
                index = indices[next(rows)]
                whole = images.decode(records.read(index))
                part = images.crop(whole, boxes[index])
                height, width = part.shape[:2]
                scale = min(1, long_side / max(height, width))
                size = (round(height * scale), round(width * scale))
                np.testing.assert_allclose(shown, images.resize(part, size), atol=1e-3)


def test_bounded_batches_name_a_picture_that_is_too_small():
    records = of_sizes([(40, 40), (200, 20)])
    with pytest.raises(DataError, match="is 100 x 10 pixels .* needs 16"):
        steps.bounded_batches(records, [0, 1], long_side=100, batch_size=1, least=16)


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"indices": []}, "empty"),
        ({"indices": [20]}, "0..19"),
        ({"epochs": 0}, "first_epoch"),
        ({"first_epoch": 3}, "first_epoch"),
        ({"boxes": np.zeros((3, 4))}, "boxes must be"),
        ({"masks": np.zeros((3, 4, 4), bool)}, r"masks must be bool \[20, m, m\], got bool \(3"),
        ({"masks": np.zeros((20, 4), bool)}, "masks must be"),
        ({"masks": np.zeros((20, 0, 4), bool)}, "masks must be"),
        ({"masks": np.zeros((20, 4, 4))}, "masks must be bool .* got float64"),
    ],
)
def test_train_batches_refuse(wrong, message):
    with pytest.raises(ValueError, match=message):
        train(**wrong)


def test_triplets_of_the_wrong_shape_are_refused():
    with pytest.raises(ValueError, match="2 [+] negatives"):
        steps.tuple_batches(RECORDS, [[0, 1]], batch_size=1, seed=0, epochs=1, **SIZE)
