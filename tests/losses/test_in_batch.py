"""Every miner against loops over anchors, positives and negatives."""

import itertools
import sys

import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_loss, value_and_gradient
from tfretrieval.losses import AdaptiveTripletLoss, InBatch, TripletLoss

LABELS = np.array([0, 1, 0, 2, 1, 0, 3, 1])
EMBEDDINGS = np.random.default_rng(0).standard_normal((8, 5)).astype(np.float32)


def triplets(miner, distances, labels):
    """(d_ap, d_an) of the picked triplets, by loops."""
    picked = []
    for a in range(len(labels)):
        others = [i for i in range(len(labels)) if i != a]
        positives = [distances[a, i] for i in others if labels[i] == labels[a]]
        negatives = [distances[a, i] for i in others if labels[i] != labels[a]]
        if not positives or not negatives:
            continue
        if miner == "hard":
            picked.append((max(positives), min(negatives)))
        elif miner == "all":
            picked += itertools.product(positives, negatives)
        else:
            for d_ap in positives:
                farther = [d for d in negatives if d > d_ap]
                picked.append((d_ap, min(farther) if farther else max(negatives)))
    return np.array(picked).T


def reference(loss, miner, labels, x):
    x = np.asarray(x, np.float64)
    distances = np.sqrt(np.square(x[:, None] - x[None]).sum(-1))
    if loss.squared:
        distances = distances**2
    d_ap, d_an = triplets(miner, distances, labels)
    gap = d_an - d_ap
    if isinstance(loss, TripletLoss):
        return np.maximum(loss.margin - gap, 0).mean()
    return (1 - 1 / (1 + np.exp(gap.mean() - gap))).mean()


@pytest.mark.parametrize("miner", ["hard", "semi-hard", "all"])
@pytest.mark.parametrize(
    "loss",
    [TripletLoss(0.7), TripletLoss(2.0, squared=True), AdaptiveTripletLoss("batch")],
    ids=["hinge", "squared-hinge", "adaptive"],
)
class TestEveryMinerAndLoss:
    def test_equals_the_loops(self, loss, miner):
        actual = float(InBatch(loss, miner)(LABELS, EMBEDDINGS))
        np.testing.assert_allclose(actual, reference(loss, miner, LABELS, EMBEDDINGS), rtol=1e-5)

    def test_contract(self, loss, miner):
        smooth = isinstance(loss, TripletLoss)
        check_loss(InBatch(loss, miner), LABELS, EMBEDDINGS, central_difference=smooth)


def test_gradient_of_all_adaptive_triplets_equals_automatic_differentiation():
    loss = AdaptiveTripletLoss("batch")
    same = LABELS[:, None] == LABELS[None]
    positives = tf.constant(same & ~np.eye(8, dtype=bool), tf.float32)
    mask = positives[:, :, None] * tf.constant(~same, tf.float32)[:, None, :]
    x = tf.constant(EMBEDDINGS)
    with tf.GradientTape() as tape:
        tape.watch(x)
        squared = tf.reduce_sum(tf.square(x[:, None] - x[None]), -1)
        distances = tf.sqrt(squared + tf.eye(8)) - tf.eye(8)
        gap = distances[:, None, :] - distances[:, :, None]
        mean = tf.stop_gradient(tf.reduce_sum(mask * gap) / tf.reduce_sum(mask))
        value = tf.reduce_sum(mask * tf.sigmoid(mean - gap)) / tf.reduce_sum(mask)
    expected = tape.gradient(value, x)
    actual = value_and_gradient(InBatch(loss, "all"), LABELS, x)[1]
    np.testing.assert_allclose(actual, expected, atol=1e-6)


@pytest.mark.parametrize("squared", [False, True])
def test_all_triplets_of_a_large_batch_keep_their_precision(squared):
    generator = np.random.default_rng(0)
    labels = np.arange(400) % 40
    codes = np.sign(generator.standard_normal((40, 64)))[labels]
    codes = (codes * generator.uniform(0.7, 1.0, codes.shape)).astype(np.float32)
    loss = TripletLoss(60.0 if squared else 7.0, squared)
    expected = reference(loss, "all", labels, codes)
    np.testing.assert_allclose(float(InBatch(loss, "all")(labels, codes)), expected, rtol=1e-3)


def test_a_batch_without_triplets_costs_nothing():
    for miner in ("hard", "semi-hard", "all"):
        value, gradient = value_and_gradient(
            InBatch(TripletLoss(), miner), np.arange(8), tf.constant(EMBEDDINGS)
        )
        assert float(value) == 0 and not gradient.numpy().any()


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="tensorflow-addons has no build here")
@pytest.mark.parametrize("miner", ["hard", "semi-hard"])
@pytest.mark.parametrize("squared", [False, True])
def test_equals_tensorflow_addons(miner, squared):
    import tensorflow_addons as tfa

    oracle = {"hard": tfa.losses.TripletHardLoss, "semi-hard": tfa.losses.TripletSemiHardLoss}
    # Every class twice: addons counts anchors without a positive.
    labels = np.array([0, 1, 0, 2, 1, 2, 3, 3])
    expected = oracle[miner](margin=1.0, distance_metric="squared-L2" if squared else "L2")
    np.testing.assert_allclose(
        float(InBatch(TripletLoss(1.0, squared), miner)(labels, EMBEDDINGS)),
        float(expected(labels, EMBEDDINGS)),
        rtol=1e-4,
    )


def test_trains_an_encoder_with_compile_and_fit():
    model = tf.keras.Sequential([tf.keras.Input((5,)), tf.keras.layers.Dense(3)])
    model.compile("adam", InBatch(AdaptiveTripletLoss("batch"), "all"), jit_compile=False)
    history = model.fit(EMBEDDINGS, LABELS, batch_size=4, epochs=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()


@pytest.mark.parametrize(
    "options, message",
    [
        ({"loss": TripletLoss(), "miner": "easy"}, "must be one of"),
        ({"loss": AdaptiveTripletLoss("given")}, "margin='batch'"),
        ({"loss": tf.keras.losses.MeanSquaredError()}, "no triplet loss"),
    ],
)
def test_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        InBatch(**options)


@pytest.mark.parametrize("miner", ["hard", "semi-hard", "all"])
def test_one_shared_label_of_several_makes_a_positive(miner):
    loss = InBatch(TripletLoss(), miner)
    expected = float(loss(LABELS, EMBEDDINGS))
    hot = np.eye(1 + LABELS.max())[LABELS]
    assert float(loss(hot, EMBEDDINGS)) == pytest.approx(expected)
    assert float(loss(np.ones_like(hot), EMBEDDINGS)) == 0
    hot[LABELS == 0, 1] = 1
    joined = np.where(LABELS == 0, 1, LABELS)
    assert float(loss(hot, EMBEDDINGS)) == pytest.approx(float(loss(joined, EMBEDDINGS)))


def test_refuses_triplets_where_a_batch_is_expected():
    with pytest.raises(ValueError, match=r"\[B, D\]"):
        InBatch(TripletLoss())(LABELS, np.zeros((8, 3, 2), np.float32))
