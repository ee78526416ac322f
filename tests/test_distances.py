import numpy as np
import pytest
import tensorflow as tf

from tests.golden_files import assert_matches, golden
from tfretrieval.distances import (
    class_ids,
    own_and_others,
    pairwise_distances,
    triplet_distances,
    tuple_distances,
)

X = np.random.default_rng(0).standard_normal((7, 5)).astype(np.float32)


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("offset", [0, 300], ids=["centred", "far-from-zero"])
def test_pairwise_equals_the_differences(squared, offset):
    x = X + np.float32(offset)
    expected = np.square(x[:, None] - x[None]).sum(-1)
    expected = expected if squared else np.sqrt(expected)
    np.testing.assert_allclose(pairwise_distances(x, squared), expected, atol=2e-4)


def test_equal_points_are_at_distance_zero_with_zero_gradient():
    x = tf.constant(np.repeat(X[:1], 4, axis=0))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        pairs = tf.reduce_sum(pairwise_distances(x))
        triplet = tf.add_n(triplet_distances(x[None, :3]))
    assert float(pairs) == 0 and float(triplet[0]) == 0
    assert not tape.gradient(pairs, x).numpy().any()
    assert not tape.gradient(triplet, x).numpy().any()


@pytest.mark.parametrize("squared", [False, True])
def test_tuple_distances_equal_the_authors(squared):
    file = golden("cirtorch_losses")
    positive, negatives = tuple_distances(file["x"], squared)
    expected = file["distances_q"]
    assert_matches(positive, expected[:, 0] ** 2)
    assert_matches(negatives, expected[:, 1:] ** (2 if squared else 1))


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.float32])
def test_class_ids_come_of_any_type_and_shape(dtype):
    for labels in (np.array([2, 0], dtype), np.array([[2], [0]], dtype)):
        ids = class_ids(labels, np.zeros((2, 1)), 3)
        assert ids.dtype == tf.int32 and ids.numpy().tolist() == [2, 0]


def test_class_ids_refuse_labels_that_are_no_class_and_say_how_far_they_go():
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"(?s)\[0, 3\),.*1.*7"):
        class_ids(np.array([1, 2, 2, 7]), np.zeros((4, 1)), 3)


def test_own_and_others_part_a_row():
    own, distances, other = own_and_others(np.array([1, 2]), X[:2, :3])
    np.testing.assert_array_equal(own, X[[0, 1], [1, 2]])
    np.testing.assert_array_equal(distances, X[:2, :3])
    assert other.numpy().tolist() == [[True, False, True], [True, True, False]]
