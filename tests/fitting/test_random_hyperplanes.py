import numpy as np

from tfretrieval.fitting import random_hyperplanes

X = np.random.default_rng(0).uniform(0, 1, (50, 6))


def test_bits_differ_as_often_as_the_angle_says():
    codes = random_hyperplanes(X, np.arange(50), 4000, seed=0) >= 0
    centred = X - X.mean(axis=0)
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    angles = np.arccos(np.clip(unit @ unit.T, -1, 1)) / np.pi
    differ = (codes[:, None] != codes[None]).mean(axis=2)
    np.testing.assert_allclose(differ, angles, atol=0.04)


def test_the_seed_draws_the_normals_and_the_centre_is_that_of_the_pictures_given():
    first, again = (random_hyperplanes(X, np.arange(50), 8, seed=1) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(random_hyperplanes(X, np.arange(50), 8, seed=2) - first).max() > 0.01
    part = random_hyperplanes(X, np.arange(10), 8, seed=1)
    np.testing.assert_allclose(part[:10].mean(axis=0), 0, atol=1e-12)
