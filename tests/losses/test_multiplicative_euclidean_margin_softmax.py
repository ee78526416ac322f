import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_loss
from tests.golden_files import assert_matches, golden
from tfretrieval.evaluation import class_separation
from tfretrieval.layers import SquaredDistanceToCenters
from tfretrieval.losses import MultiplicativeEuclideanMarginSoftmax

RNG = np.random.default_rng(0)
DISTANCES = RNG.uniform(0.1, 1.5, (6, 4)).astype(np.float32)
LABELS = np.array([0, 3, 1, 3, 2, 3])


@pytest.mark.parametrize("case", range(6))
def test_with_the_layer_matches_the_authors_value_and_gradients(case):
    file = golden("mems")
    loss = MultiplicativeEuclideanMarginSoftmax(file["margin"][case])
    loss.current.assign(file["margin_effective"][case])
    layer = SquaredDistanceToCenters(len(file["centers"]))
    features = tf.constant(file["features"])
    layer.build(features.shape)
    layer.set_weights([file["centers"]])
    with tf.GradientTape() as tape:
        tape.watch(features)
        distances = layer(features)
        value = loss(file["labels"], distances)
    (variable,) = tape.watched_variables()
    to_features, to_centers = tape.gradient(value, [features, variable])
    assert_matches(loss.call(file["labels"], distances), file["loss_per_sample"][case])
    assert_matches(value, file["loss"][case])
    assert_matches(to_features, file["grad_features"][case])
    assert_matches(to_centers, file["grad_centers"][case])


def test_contract():
    check_loss(MultiplicativeEuclideanMarginSoftmax(2.0), LABELS, DISTANCES)


def test_margin_one_is_the_cross_entropy_of_negative_distances():
    expected = tf.keras.losses.sparse_categorical_crossentropy(LABELS, -DISTANCES, from_logits=True)
    found = MultiplicativeEuclideanMarginSoftmax(1.0).call(LABELS, DISTANCES)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_margin_that_counts_is_read_at_every_call_of_a_graph():
    loss = MultiplicativeEuclideanMarginSoftmax(4.0)
    graph = tf.function(lambda: loss(LABELS, tf.constant(DISTANCES)))
    whole = float(graph())
    loss.current.assign(1.0)
    assert float(graph()) < whole


def two_classes(margin, distance=1.0, count=4000):
    """Points that keep the margin to both of two centers: ``m d(x, own) <= d(x, other)``."""
    generator = np.random.default_rng(0)
    centers = np.array([[0.0, 0.0], [distance, 0.0]])
    points = generator.uniform(-distance, 2 * distance, (count, 2))
    # The farthest points of the two balls, which drawing would miss: both ends of each diameter.
    ends = distance / np.array([1 + margin, 1 - margin])
    points = np.concatenate([points, *(np.stack([x, 0 * x], 1) for x in (ends, distance - ends))])
    distances = np.linalg.norm(points[:, None] - centers, axis=2)
    kept, labels = [], []
    for own in (0, 1):
        inside = margin * distances[:, own] <= distances[:, 1 - own] * (1 + 1e-9)
        kept.append(points[inside])
        labels.append(np.full(inside.sum(), own))
    return np.concatenate(kept), np.concatenate(labels)


@pytest.mark.parametrize(
    "margin, separated", [(4.0, True), (2 + np.sqrt(3) + 0.01, True), (3.7, False), (2.0, False)]
)
def test_from_two_plus_root_three_on_classes_are_narrower_than_their_gap(margin, separated):
    points, labels = two_classes(margin)
    found = class_separation(points, labels)
    # Width and gap of the Apollonius balls of two centers at distance one.
    np.testing.assert_allclose(found.max_intra, 2 * margin / (margin**2 - 1), rtol=1e-3)
    np.testing.assert_allclose(found.min_inter, (margin - 1) / (margin + 1), rtol=1e-3)
    assert found.separated == separated


def test_features_on_their_center_are_finite():
    layer, loss = SquaredDistanceToCenters(3), MultiplicativeEuclideanMarginSoftmax()
    layer.build((None, 5))
    with tf.GradientTape() as tape:
        value = loss([0, 1, 2], layer(layer.centers + 0.0))
    (variable,) = tape.watched_variables()
    assert np.isfinite(value) and np.isfinite(tape.gradient(value, variable)).all()


@pytest.mark.parametrize("wrong", [-1, 4])
def test_a_label_that_is_no_class_is_refused(wrong):
    labels = np.append(LABELS[:5], wrong)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"labels must lie in \[0, 4\)"):
        MultiplicativeEuclideanMarginSoftmax()(labels, DISTANCES)


def test_a_margin_below_one_is_refused():
    with pytest.raises(ValueError, match="margin must be at least 1"):
        MultiplicativeEuclideanMarginSoftmax(0.5)
