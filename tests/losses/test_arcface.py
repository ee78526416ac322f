import numpy as np
import pytest

from tests.checks import check_loss
from tfretrieval.losses import ArcFace, CosFace

COSINES = np.random.default_rng(0).uniform(-0.9, 0.9, (6, 4)).astype(np.float32)
LABELS = np.array([0, 1, 2, 3, 1, 0])


@pytest.mark.parametrize("settings", [{}, {"margin": 0.2, "scale": 4.0}], ids=str)
def test_contract(settings):
    check_loss(ArcFace(**settings), LABELS, COSINES)


def test_turns_the_own_angle():
    logits = COSINES.astype(np.float64)
    own = np.arange(6), LABELS
    logits[own] = np.cos(np.arccos(logits[own]) + 0.3)
    logits *= 8
    expected = np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[own])
    np.testing.assert_allclose(ArcFace(0.3, 8.0)(LABELS, COSINES), expected, rtol=1e-5)


def test_the_own_cosine_keeps_falling_past_pi():
    losses = [float(ArcFace(1.0, 1.0)([0], [[c, 0.0]])) for c in (-0.4, -0.5, -0.6, -0.9, -1.0)]
    assert losses == sorted(losses)


def test_without_a_margin_it_is_cosface_without_one():
    of_arcface, of_cosface = (one(0.0, 8.0)(LABELS, COSINES) for one in (ArcFace, CosFace))
    np.testing.assert_allclose(of_arcface, of_cosface, rtol=1e-6)


def test_refuses_arguments():
    with pytest.raises(ValueError, match=r"margin must be in \[0, pi\)"):
        ArcFace(margin=4.0)
