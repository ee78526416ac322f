import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_loss
from tests.golden_files import assert_matches, golden
from tfretrieval.layers import SquaredDistanceToCenters
from tfretrieval.losses import CenterLoss

DISTANCES = np.random.default_rng(0).uniform(0.5, 9, (6, 4)).astype(np.float32)
LABELS = np.array([0, 3, 1, 3, 2, 3])


def test_with_the_layer_matches_golden_value_and_gradients():
    file = golden("center_loss")
    layer = SquaredDistanceToCenters(6)
    features = tf.constant(file["features"])
    layer.build(features.shape)
    layer.set_weights([file["centers"]])
    with tf.GradientTape() as tape:
        tape.watch(features)
        value = CenterLoss()(file["labels"], layer(features))
    (variable,) = tape.watched_variables()
    to_features, to_centers = tape.gradient(value, [features, variable])
    assert_matches(value, file["loss"])
    assert_matches(to_features, file["grad_features"])
    assert_matches(to_centers, file["grad_centers_autodiff"])


def test_contract():
    check_loss(CenterLoss(), LABELS, DISTANCES)


def test_equals_the_loop():
    expected = [DISTANCES[i, label] / 2 for i, label in enumerate(LABELS)]
    np.testing.assert_allclose(CenterLoss().call(LABELS, DISTANCES), expected, rtol=1e-6)


@pytest.mark.parametrize("wrong", [-1, 4])
def test_a_label_that_is_no_class_is_refused_and_nan_under_xla(wrong):
    labels = np.append(LABELS[:5], wrong)
    loss = CenterLoss()
    for call in (loss, tf.function(loss, autograph=False)):
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"labels must lie in \[0, 4\)"):
            call(tf.constant(labels), tf.constant(DISTANCES))
    compiled = tf.function(loss, jit_compile=True, autograph=False)
    assert np.isnan(compiled(tf.constant(labels), tf.constant(DISTANCES)))


def test_refuses_other_shapes():
    with pytest.raises(ValueError, match=r"\[B, classes\]"):
        CenterLoss()(LABELS, DISTANCES[:, None])
    with pytest.raises(ValueError, match="one label each"):
        CenterLoss().call(LABELS[:4], DISTANCES)
