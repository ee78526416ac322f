"""Training batches: shapes, order, and the same pictures after a resume."""

import numpy as np
import pytest
import tensorflow as tf

from data_pipelines import order, steps
from data_pipelines.augment import Augmentation
from tests.data_pipelines.batches import HALVES, MASKS, RECORDS, SIZE, assert_same, listed
from tfretrieval import images


def train(first_epoch=0, epochs=3, indices=range(3, 20), **settings):
    settings = SIZE | {"batch_size": 6, "seed": 1} | settings
    return steps.train_batches(RECORDS, indices, first_epoch=first_epoch, epochs=epochs, **settings)


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


def test_a_view_of_ones_own_is_shown():
    class Black(Augmentation):
        def load(self, contents, size, seed, box=None, mask=None):
            return tf.zeros([size, size, 3])

    assert all((pixels == 0).all() for pixels, _ in listed(train(augment=Black(), epochs=1)))


def test_ranges_of_a_view_may_be_lists():
    one, other = (listed(train(augment=Augmentation(area=a))) for a in ((0.5, 1.0), [0.5, 1.0]))
    assert_same(one, other)


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
