"""Losses on a batch that two replicas share."""

import numpy as np
import pytest
import tensorflow as tf

from tests.replicas import on_two_replicas
from tfretrieval import losses

RNG = np.random.default_rng(0)
X = RNG.standard_normal((12, 4)).astype(np.float32)
Y = np.tile([0, 1, 2], 4)
START = RNG.standard_normal((4, 3)).astype(np.float32)


def every_loss(**options):
    triplet = losses.TripletLoss(1.0)
    made = [losses.InBatch(triplet, miner, **options) for miner in ("hard", "semi-hard", "all")]
    adaptive = losses.AdaptiveTripletLoss("batch")
    made += [losses.InBatch(adaptive, miner, **options) for miner in ("hard", "all")]
    for name in (
        "BitBalanceLoss",
        "CauchyCrossEntropyLoss",
        "DPSHLoss",
        "DSHLoss",
        "DTSHLoss",
        "HashNetLoss",
        "MultiSimilarityLoss",
        "PairContrastiveLoss",
        "SupervisedContrastiveLoss",
    ):
        made.append(getattr(losses, name)(**options))
    return made


def gradients(loss, strategy):
    """The loss of the whole batch, and its gradient by the weights before the embeddings."""
    with strategy.scope():
        kernel = tf.Variable(START)
    count = strategy.num_replicas_in_sync

    def step(x, y):
        with tf.GradientTape() as tape:
            value = tf.reduce_mean(loss.call(y, tf.tanh(x @ kernel))) / count
        own = tape.gradient(value, [kernel])[0]
        context = tf.distribute.get_replica_context()
        return context.all_reduce(tf.distribute.ReduceOp.SUM, [value, own])

    x, y = (
        strategy.experimental_distribute_values_from_function(
            lambda context, rows=rows: tf.constant(
                np.split(rows, count)[context.replica_id_in_sync_group]
            )
        )
        for rows in (X, Y)
    )
    # One device needs no graph, whose tracing takes longer than all else here.
    run = tf.function(strategy.run) if count > 1 else strategy.run
    return [strategy.experimental_local_results(one)[0].numpy() for one in run(step, args=(x, y))]


def compare_replicas(two):
    one = tf.distribute.get_strategy()
    triplet, adaptive = losses.TripletLoss(1.0), losses.AdaptiveTripletLoss("batch")
    for loss in (
        losses.InBatch(triplet, "semi-hard", gather=True),
        losses.InBatch(adaptive, "all", gather=True),
        losses.MultiSimilarityLoss(gather=True),
        losses.DPSHLoss(gather=True),
        losses.BitBalanceLoss(gather=True),
    ):
        whole = gradients(loss, one)
        for a, b in zip(gradients(loss, two), whole, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6, err_msg=loss.name)
    loss.gather = False
    assert abs(gradients(loss, two)[0] - whole[0]) > 1e-4, "the shares say what the batch says"


def test_gathered_by_two_replicas_it_is_that_of_one_device():
    """A pair lies in two shares as well as in one; without gathering the loss is another one."""
    on_two_replicas(compare_replicas)


@pytest.mark.parametrize("loss", every_loss(gather=True), ids=lambda loss: loss.name)
def test_on_one_device_gathering_changes_nothing_and_is_kept(loss):
    again = type(loss).from_config(loss.get_config())
    assert again.gather
    again.gather = False
    embeddings = tf.constant(np.tanh(X @ START))
    np.testing.assert_array_equal(loss.call(Y, embeddings), again.call(Y, embeddings))
