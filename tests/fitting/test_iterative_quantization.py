import numpy as np
import pytest
import tensorflow as tf
from scipy.linalg import orthogonal_procrustes
from sklearn.base import clone
from sklearn.decomposition import PCA

from tfretrieval.fitting import IterativeQuantization

X = np.random.default_rng(0).standard_normal((200, 12)) @ np.diag(np.linspace(3, 0.5, 12))


def test_two_turns_equal_principal_components_turned_by_procrustes():
    """scikit-learn's components and SciPy's nearest rotation, in the order of the paper."""
    fitted = IterativeQuantization(5, iterations=2, random_state=3).fit(X)
    projected = PCA(5).fit_transform(X)
    # The signs of components are free: take ours.
    signs = np.sign((projected * ((X - X.mean(0)) @ _components(5))).sum(0))
    projected = projected * signs
    rotation = np.linalg.qr(np.random.default_rng(3).standard_normal((5, 5)))[0]
    for _ in range(2):
        rotation, _ = orthogonal_procrustes(projected, np.sign(projected @ rotation))
    np.testing.assert_allclose(fitted.transform(X), projected @ rotation, rtol=1e-4, atol=1e-5)


def test_the_loss_never_rises_and_the_kernel_stays_orthonormal():
    fitted = IterativeQuantization(6).fit(X)
    assert (np.diff(fitted.losses_) <= 1e-9 * fitted.losses_[0]).all()
    assert fitted.losses_[-1] < 0.99 * fitted.losses_[0]
    np.testing.assert_allclose(fitted.kernel_.T @ fitted.kernel_, np.eye(6), atol=1e-9)


def test_corners_of_a_cube_are_found_however_they_are_turned():
    rng = np.random.default_rng(1)
    bits = rng.choice([-1.0, 1.0], (500, 4))
    turned = bits @ np.linalg.qr(rng.standard_normal((8, 8)))[0][:4] + 7
    codes = IterativeQuantization(4).fit_transform(turned) > 0
    agree = np.abs(np.where(codes, 1, -1).T @ bits) / len(bits)
    # Each bit is one of the cube's, up to its sign.
    np.testing.assert_allclose(np.sort(agree, axis=1)[:, -1], 1)


def test_as_the_last_layer_of_a_network_it_says_the_same():
    fitted = IterativeQuantization(5).fit(X)
    inputs = tf.keras.Input((12,))
    model = fitted.appended_to(tf.keras.Model(inputs, tf.keras.layers.Flatten()(inputs)))
    codes = model(X.astype(np.float32)).numpy()
    np.testing.assert_allclose(codes, fitted.transform(X), rtol=1e-4, atol=1e-4)


def test_the_seed_draws_the_first_rotation_and_clones_are_alike():
    fitted = IterativeQuantization(5, random_state=1).fit(X)
    np.testing.assert_array_equal(clone(fitted).fit(X).kernel_, fitted.kernel_)
    assert (
        np.abs(IterativeQuantization(5, random_state=2).fit(X).kernel_ - fitted.kernel_).max()
        > 1e-3
    )


@pytest.mark.parametrize("bits", [0, 13])
def test_more_bits_than_directions_are_refused(bits):
    with pytest.raises(ValueError, match="bits must be in 1..12, got"):
        IterativeQuantization(bits).fit(X)


def test_equal_or_endless_features_and_other_lengths_are_refused():
    with pytest.raises(ValueError, match="vary in 0 directions"):
        IterativeQuantization(2).fit(np.ones((5, 3)))
    with pytest.raises(ValueError, match="must be finite"):
        IterativeQuantization(2).fit(np.array([[np.nan, 1], [1, 2]]))
    with pytest.raises(ValueError, match=r"\[N, 12\]"):
        IterativeQuantization(2).fit(X).transform(X[:, :5])


def _components(bits):
    centred = X - X.mean(axis=0)
    return np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :bits]
