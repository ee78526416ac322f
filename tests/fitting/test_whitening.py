import numpy as np
import pytest
import tensorflow as tf

from tests.golden_files import assert_matches, golden
from tfretrieval.fitting import LearnedWhitening, PCAWhitening
from tfretrieval.models import load_model

FILE = golden("whitening")
PAIRS = np.stack([FILE["qidxs"], FILE["pidxs"]], axis=1)
DIM = int(FILE["dim"])


def learned(n_components=None):
    return LearnedWhitening(n_components).fit(FILE["X"], PAIRS)


def pca(n_components=None):
    return PCAWhitening(n_components).fit(FILE["X"])


def same_signs(actual, expected, axis):
    """The actual values with the free sign of each component as in the expected ones."""
    return actual * np.sign((actual * expected).sum(axis=axis, keepdims=True))


@pytest.mark.parametrize("make, name", [(learned, "lw"), (pca, "pca")])
def test_matches_the_authors_code(make, name):
    found = make()
    assert_matches(found.mean_, FILE[f"{name}_m"])
    projection = same_signs(found.projection_, FILE[f"{name}_P"], axis=1)
    assert_matches(projection, FILE[f"{name}_P"])
    assert_matches(found.eigenvalues_, FILE[f"{name}_eigenvalues"])
    for n_components, key in ((None, "Y"), (DIM, "Y_dim")):
        expected = FILE[f"{name}_{key}"]
        whitened = make(n_components).transform(FILE["X"])
        assert_matches(same_signs(whitened, expected, axis=0), expected, tolerance=1e-4)


@pytest.mark.parametrize("make", [learned, pca])
def test_a_model_ends_in_the_same_map_and_survives_a_file(make, tmp_path):
    inputs = tf.keras.Input((FILE["X"].shape[1],))
    model = tf.keras.Model(inputs, tf.keras.layers.Activation("linear")(inputs))
    found = make(DIM)
    whitened = found.appended_to(model)
    whitened.save(tmp_path / "model.keras")
    for each in (whitened, load_model(tmp_path / "model.keras")):
        out = each.predict(FILE["X"], verbose=0)
        np.testing.assert_allclose(out, found.transform(FILE["X"]), atol=1e-5)


def test_learned_whitening_makes_pairs_differ_alike_in_every_direction():
    query, positive = FILE["X"].astype(np.float64)[PAIRS.T]
    difference = (query - positive) @ learned().projection_.T
    np.testing.assert_allclose(difference.T @ difference / len(PAIRS), np.eye(12), atol=1e-8)


def test_fewer_pairs_than_dimensions_give_a_finite_map():
    found = LearnedWhitening().fit(FILE["X"], PAIRS[:3])
    assert np.isfinite(found.transform(FILE["X"])).all()


def test_pca_leaves_directions_without_variance_out():
    flat = np.concatenate([FILE["X"], FILE["X"][:, :2]], axis=1)
    assert pca().projection_.shape == (12, 12)
    assert PCAWhitening().fit(flat).projection_.shape == (12, 14)


def test_bad_input_is_refused():
    x = FILE["X"]
    with pytest.raises(ValueError, match="one pair at least"):
        LearnedWhitening().fit(x, np.zeros((0, 2)))
    with pytest.raises(ValueError, match="descriptors 0..79"):
        LearnedWhitening().fit(x, [[0, 80]])
    with pytest.raises(ValueError, match="n_components must be in 1..12, got 0"):
        learned(0)
    with pytest.raises(ValueError, match="all descriptors are equal"):
        PCAWhitening().fit(np.ones((4, 3)))
    with pytest.raises(ValueError, match="all pairs are equal"):
        LearnedWhitening().fit(np.ones((4, 3)), [[0, 1]])
    with pytest.raises(ValueError, match="n_components must be in 1..12"):
        learned(13)
    with pytest.raises(ValueError, match="finite"):
        PCAWhitening().fit(x * np.nan)
    with pytest.raises(ValueError, match="two descriptors"):
        PCAWhitening().fit(x[:1])
    with pytest.raises(ValueError, match="not fitted"):
        PCAWhitening().transform(x)


def test_descriptors_that_are_not_finite_or_of_another_length_are_refused_when_mapped():
    fitted = learned()
    for wrong in (FILE["X"] * np.nan, FILE["X"][:, 1:]):
        with pytest.raises(ValueError, match=r"must be finite \[N, "):
            fitted.transform(wrong)
