import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_loss
from tfretrieval.layers import SquaredDistanceToCenters
from tfretrieval.losses import ImprovedCenterLoss

DISTANCES = np.random.default_rng(0).uniform(0.5, 9, (6, 4)).astype(np.float32)
LABELS = np.array([0, 3, 1, 3, 2, 3])
LOSSES = [
    ImprovedCenterLoss(),
    ImprovedCenterLoss("ratio", delta=0.3),
    ImprovedCenterLoss("hinge", margin=4.0, beta=0.7),
    ImprovedCenterLoss("difference", beta=0.2),
]
all_forms = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: f"{loss.form}-{loss.delta}")


def by_loop(loss):
    values = []
    for label, row in zip(LABELS, DISTANCES.astype(np.float64), strict=True):
        others = [d for j, d in enumerate(row) if j != label]
        if loss.form == "ratio":
            value = row[label] / 2 / (np.mean(others) + loss.delta)
        elif loss.form == "hinge":
            pushes = [max(0, loss.margin - d) for d in others]
            value = row[label] / 2 + loss.beta * np.mean(pushes)
        else:
            value = row[label] / 2 - loss.beta * np.mean(others)
        values.append(value)
    return values


@all_forms
def test_equals_the_loop(loss):
    np.testing.assert_allclose(loss.call(LABELS, DISTANCES), by_loop(loss), rtol=1e-5)


@all_forms
def test_contract(loss):
    check_loss(loss, LABELS, DISTANCES)


@all_forms
def test_a_step_comes_nearer_the_own_center_and_farther_from_the_others(loss):
    gradient = slopes(loss)
    own = np.eye(4)[LABELS] > 0
    assert (gradient[own] > 0).all()
    assert (gradient[~own] <= 0).all() and (gradient[~own] < 0).any()


def slopes(loss):
    distances = tf.constant(DISTANCES)
    with tf.GradientTape() as tape:
        tape.watch(distances)
        value = loss(LABELS, distances)
    return tape.gradient(value, distances).numpy()


@all_forms
def test_finite_at_the_centers_and_for_a_batch_of_one_class(loss):
    centers = np.random.default_rng(1).standard_normal((4, 5)).astype(np.float32)
    layer = SquaredDistanceToCenters(4)
    layer.build((None, 5))
    for weights, labels in (
        (centers, np.arange(4)),
        (centers, np.zeros(4)),
        (0 * centers, LABELS[:4]),
    ):
        layer.set_weights([weights])
        x = tf.constant(weights)
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = loss(labels, layer(x))
        to_x, to_centers = tape.gradient(value, [x, *tape.watched_variables()])
        assert np.isfinite(value) and np.isfinite(to_x).all() and np.isfinite(to_centers).all()


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"form": "sum"}, "one of"),
        ({"delta": 0.0}, "positive"),
        ({"margin": -1.0}, "positive"),
        ({"beta": -0.1}, "not be negative"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        ImprovedCenterLoss(**arguments)


def test_refuses_a_single_class_and_labels_that_are_none():
    with pytest.raises(ValueError, match="use CenterLoss"):
        ImprovedCenterLoss()(np.zeros(6), DISTANCES[:, :1])
    with pytest.raises(tf.errors.InvalidArgumentError, match="labels must lie"):
        ImprovedCenterLoss()(LABELS + 1, DISTANCES)
