"""What rows without learning read: once a data set, and of what the network is shown."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

import tfretrieval as tfr
from data_pipelines import steps
from data_pipelines.view import WHOLE, View
from recipes.comparison import descriptors
from recipes.comparison.methods import HAND_MADE, SELECTED, STAGES
from tests.recipes.comparison.tiny import CONFIG
from tests.recipes.opening import opened
from tfretrieval.layers import SCDA


@pytest.fixture
def run(tmp_path, comparison_pictures, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    settings = {"data_dir": str(comparison_pictures), "image_size": 32, "batch_size": 8}
    return opened(dataclasses.replace(CONFIG, **settings), tmp_path / "run")


@pytest.fixture
def classifier():
    image = tf.keras.Input((32, 32, 3))
    x = tf.keras.layers.Conv2D(3, 2, 2, activation="relu", name="fine")(image)
    maps = tf.keras.layers.Conv2D(5, 4, 4, activation="relu", name="map")(x)
    return tfr.models.classifier(tf.keras.Model(image, maps), 3)


def test_are_of_every_picture_and_of_length_two(run, classifier):
    found = descriptors.descriptors(run, classifier, WHOLE)
    for reads, width in ((HAND_MADE, 7 * 7 * 36 + 512), (SELECTED, 2 * 5)):
        values = found[reads]()["descriptors"]
        assert values.shape == (36, width) and values.dtype == np.float32
        # Two halves of length one each.
        np.testing.assert_allclose(np.square(values).sum(axis=1), 2, rtol=1e-5)


def test_a_second_run_does_not_look_again(run, classifier, monkeypatch):
    first = descriptors.hand_made(run, WHOLE)
    monkeypatch.setattr(steps, "eval_batches", lambda *a, **k: pytest.fail("looked"))
    np.testing.assert_array_equal(
        descriptors.hand_made(run, WHOLE)["descriptors"], first["descriptors"]
    )


def test_see_what_the_network_sees(run, classifier):
    boxes = np.tile(np.float32([0, 0, 0.5, 0.5]), (36, 1))
    for describe in (
        lambda view: descriptors.hand_made(run, view),
        lambda view: descriptors.of_the_network(run, classifier, view, SELECTED),
    ):
        whole, part = (describe(view)["descriptors"] for view in (WHOLE, View(boxes)))
        assert np.abs(whole - part).max() > 0.01


def test_the_network_says_what_it_is_read_for(run, classifier):
    batches = steps.eval_batches(run.data.records, np.arange(36), image_size=32, batch_size=36)
    (images, _), *_ = batches
    outputs = [classifier.get_layer(name).output for name in ("fine", "map", "features")]
    fine, maps, features = tf.keras.Model(classifier.input, outputs)(images)
    selected = descriptors.of_the_network(run, classifier, WHOLE, SELECTED)
    np.testing.assert_allclose(selected["descriptors"], SCDA()(maps), atol=1e-5)
    stages = descriptors.of_the_network(run, classifier, WHOLE, STAGES)
    pooled = np.concatenate([np.mean(fine, axis=(1, 2)), np.mean(maps, axis=(1, 2))], axis=1)
    np.testing.assert_allclose(stages["descriptors"], pooled, atol=1e-5)
    assert stages["parts"].tolist() == [3, 5]
    plain = tf.keras.Model(classifier.input, descriptors.read(classifier))
    np.testing.assert_allclose(plain(images), features, atol=1e-6)
