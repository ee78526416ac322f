import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_loss
from tfretrieval.losses import CosFace

COSINES = np.random.default_rng(0).uniform(-0.5, 0.5, (6, 4)).astype(np.float32)
LABELS = np.array([0, 3, 1, 3, 2, 3])


def test_contract():
    check_loss(CosFace(0.35, scale=4.0), LABELS, COSINES)


def test_equals_the_loop():
    found = CosFace(0.35, 32.0).call(LABELS, COSINES)
    for row, label, value in zip(COSINES.astype(np.float64), LABELS, found, strict=True):
        own = np.exp(32 * (row[label] - 0.35))
        others = sum(np.exp(32 * cosine) for j, cosine in enumerate(row) if j != label)
        np.testing.assert_allclose(value, -np.log(own / (own + others)), rtol=1e-4)


def test_bad_settings_and_labels_are_refused():
    for options in ({"margin": -0.1}, {"scale": 0.0}):
        with pytest.raises(ValueError, match="must not be negative"):
            CosFace(**options)
    with pytest.raises(tf.errors.InvalidArgumentError, match="labels must lie in"):
        CosFace()(LABELS + 1, COSINES)
