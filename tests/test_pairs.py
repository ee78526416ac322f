import numpy as np
import pytest
import tensorflow as tf

from tests.losses.pairs_of_a_batch import HOT, LABELS, SHARED, SIMILAR
from tfretrieval.pairs import similar_pairs, triplet_sums, without_self

ROWS = np.zeros((7, 2), np.float32)


@pytest.mark.parametrize("labels", [LABELS, LABELS[:, None], LABELS.astype(np.float32)])
def test_one_label_a_picture(labels):
    pairs, lost = similar_pairs(tf.constant(labels), tf.constant(ROWS))
    np.testing.assert_array_equal(pairs, SIMILAR)
    assert float(lost) == 0


def test_several_labels_a_picture_and_none():
    hot = np.concatenate([HOT, np.zeros((1, 3), int)])
    pairs = similar_pairs(tf.constant(hot), tf.zeros([8, 2]))[0].numpy()
    np.testing.assert_array_equal(pairs[:7, :7], SHARED)
    assert pairs[7].tolist() == [False] * 7 + [True]


def test_without_self_takes_the_diagonal_off():
    np.testing.assert_array_equal(
        without_self(tf.constant(SIMILAR)), SIMILAR & ~np.eye(7, dtype=bool)
    )


@pytest.mark.parametrize("jit", [False, True])
def test_triplet_sums_equal_the_loop_and_its_gradient(jit):
    rng = np.random.default_rng(0)
    scores = tf.constant(rng.standard_normal((5, 6)), tf.float32)
    positives = tf.constant(rng.random((5, 6)) < 0.4)
    negatives = tf.constant(rng.random((5, 6)) < 0.5)
    upstream = tf.constant(rng.standard_normal(5), tf.float32)

    def of_all(scores):
        gaps = scores[:, :, None] - scores[:, None, :]
        mask = tf.cast(positives[:, :, None] & negatives[:, None, :], tf.float32)
        return tf.reduce_sum(mask * tf.tanh(gaps), axis=(1, 2))

    def in_rounds(scores):
        def value_and_slope(gap):
            return tf.tanh(gap), 1 - tf.tanh(gap) ** 2

        return triplet_sums(scores, positives, negatives, value_and_slope)

    @tf.function(jit_compile=jit)
    def both(function):
        with tf.GradientTape() as tape:
            tape.watch(scores)
            sums = function(scores)
        return sums, tape.gradient(sums, scores, upstream)

    for found, expected in zip(both(in_rounds), both(of_all), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_refuses_another_number_of_labels():
    with pytest.raises(ValueError, match="7 codes need one label each, got 6 labels"):
        similar_pairs(tf.constant(HOT[:6]), tf.constant(ROWS))
