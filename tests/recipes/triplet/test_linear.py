"""The linear classifier that a frozen network gets, and where fine-tuning starts."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from data_pipelines.view import WHOLE
from recipes.folder_triplet import Config
from recipes.triplet.linear import NEVER, linear, linear_classifier
from tests.recipes.opening import opened

GENERATOR = np.random.default_rng(0)
FEATURES = GENERATOR.uniform(0, 9, (60, 5)).astype(np.float32)


@pytest.mark.parametrize("classes", [2, 4])
def test_the_probabilities_are_those_of_the_regression_on_standardised_features(classes):
    labels = np.arange(60) % classes
    kernel, bias = linear_classifier(FEATURES, labels, classes, c=0.1)
    logits = FEATURES @ kernel + bias
    scaled = StandardScaler().fit_transform(FEATURES)
    expected = LogisticRegression(C=0.1, max_iter=300).fit(scaled, labels).predict_proba(scaled)
    powers = np.exp(logits)
    np.testing.assert_allclose(powers / powers.sum(axis=1, keepdims=True), expected, atol=1e-4)


def test_a_class_without_a_picture_is_never_predicted():
    kernel, bias = linear_classifier(FEATURES, np.arange(60) % 3 + (np.arange(60) % 3 > 0), 4, 0.1)
    assert bias[1] == NEVER and not kernel[:, 1].any()
    assert 1 not in (FEATURES @ kernel + bias).argmax(axis=1)


def test_the_network_stays_as_it_is_and_its_pass_is_kept_for_other_runs(
    triplet_pictures, tmp_path, monkeypatch, small_network
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    config = Config(
        data_dir=str(triplet_pictures),
        image_size=32,
        width=4,
        training="frozen",
        networks=("resnet18",),
        batch_size=8,
    )
    run = opened(config, tmp_path / "run")
    model, history, seen = linear(run, "resnet18", WHOLE)
    assert set(history) == {"loss", "accuracy", "seconds"} and len(history["loss"]) == 1
    (kernel, bias) = model.get_layer("logits").get_weights()
    np.testing.assert_allclose(seen["logits"], seen["features"] @ kernel + bias, atol=1e-5)

    other = opened(config, tmp_path / "other")
    # The same start is the same network: nothing is seen again.
    again = linear(other, "resnet18", WHOLE)[2]
    np.testing.assert_array_equal(again["features"], seen["features"])
    assert not (other.folder / "resnet18/frozen").exists()
