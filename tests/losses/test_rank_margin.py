import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_loss, value_and_gradient
from tfretrieval.losses import ContrastiveLoss, RankMarginLoss

TUPLES = np.random.default_rng(1).standard_normal((6, 7, 4)).astype(np.float32)
NOTHING = np.zeros(6)


def by_loops(tuples, margin, delta, positive_margin, weight, ranking):
    total = 0.0
    for query, positive, *negatives in tuples.astype(np.float64):
        total += max(np.linalg.norm(query - positive) - positive_margin, 0) ** 2 / 2
        given = [np.linalg.norm(query - negative) for negative in negatives]
        for rank, distance in enumerate(sorted(given)):
            total += weight * max(margin + rank * delta - distance, 0) ** 2 / 2
        for nearer, farther in zip(given, given[1:], strict=False):
            total += ranking * max(nearer - farther + delta, 0)
    return total / len(tuples)


@pytest.mark.parametrize(
    "settings",
    [
        (0.85, 0.05, 0.0, 1.0, 0.0),
        (2.0, 0.3, 0.0, 1.0, 0.0),
        (2.0, 0.3, 0.5, 0.7, 0.0),
        (2.0, 0.3, 0.5, 0.7, 0.4),
    ],
)
def test_equals_the_loop_over_negatives(settings):
    np.testing.assert_allclose(
        RankMarginLoss(*settings)(NOTHING, TUPLES), by_loops(TUPLES, *settings), rtol=1e-5
    )


@pytest.mark.parametrize(
    "loss",
    [RankMarginLoss(2.0, 0.3), RankMarginLoss(2.0, 0.3, 0.5, 0.7, 0.4)],
    ids=["margins", "all-terms"],
)
def test_contract(loss):
    check_loss(loss, np.arange(6), TUPLES)


def test_without_delta_it_is_the_contrastive_loss():
    own, contrastive = RankMarginLoss(2.5, delta=0), ContrastiveLoss(2.5)
    tuples = tf.constant(TUPLES)
    for a, b in zip(
        value_and_gradient(own, NOTHING, tuples),
        value_and_gradient(contrastive, NOTHING, tuples),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


def test_the_order_of_the_negatives_in_the_tuple_matters_to_the_ranking_term_alone():
    turned = np.concatenate([TUPLES[:, :2], TUPLES[:, :1:-1]], axis=1)
    for ranking, same in ((0.0, True), (1.0, False)):
        loss = RankMarginLoss(2.0, 0.3, ranking=ranking)
        close = np.isclose(loss(NOTHING, TUPLES), loss(NOTHING, turned))
        assert bool(close) is same


def test_it_keeps_negatives_apart_where_one_margin_pushes_them_together():
    start = np.array([[[0.0, 0.0], [0.1, 0.0], [0.0, 0.3], [0.0, 0.4], [0.0, 0.5]]], np.float32)

    def spread_after_training(loss):
        points = tf.Variable(start)

        @tf.function(jit_compile=False)
        def step():
            with tf.GradientTape() as tape:
                value = loss(tf.zeros(1), points)
            points.assign_sub(0.1 * tape.gradient(value, points))

        for _ in range(400):
            step()
        distances = np.linalg.norm(points[0, 2:] - points[0, :1], axis=-1)
        return distances.max() - distances.min()

    assert spread_after_training(ContrastiveLoss(0.85)) < 0.01
    assert spread_after_training(RankMarginLoss(0.85, 0.05)) > 0.09


@pytest.mark.parametrize("name", ["margin", "delta", "positive_margin", "weight", "ranking"])
def test_refuses_negative_arguments(name):
    with pytest.raises(ValueError, match=f"{name} must not be negative"):
        RankMarginLoss(**{name: -0.1})


def test_refuses_tuples_without_negatives():
    with pytest.raises(ValueError, match="one negative or more"):
        RankMarginLoss()(NOTHING, TUPLES[:, :2])
