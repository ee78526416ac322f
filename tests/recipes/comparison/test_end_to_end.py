"""A whole network learns with its head; the one that it began from stays as it was."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

import tfretrieval as tfr
from data_pipelines.view import WHOLE
from recipes import common
from recipes.comparison import end_to_end
from recipes.comparison.choices import Choice
from recipes.comparison.end_to_end import train_network
from recipes.comparison.inputs import columns
from recipes.comparison.methods import Trial
from recipes.triplet.stage1 import Stage1
from tests.recipes.comparison.tiny import CONFIG
from tests.recipes.opening import opened
from tfretrieval.callbacks import TrainingCheckpoint
from tfretrieval.evaluation import hamming_retrieval

CHOICE = Choice(Trial(1.5, 0.01), {})


@pytest.fixture
def run(tmp_path, comparison_pictures, eager_training):
    settings = {
        "data_dir": str(comparison_pictures),
        "hash_input": ("features",),
        "end_to_end": True,
        "image_size": 32,
        "fine_tune_epochs": 2,
        "fine_tune_rate": 3e-4,
        "hash_epochs": 10,
    }
    return opened(dataclasses.replace(CONFIG, **settings), tmp_path / "run")


@pytest.fixture
def begin(run):
    """What all methods begin with."""
    tf.keras.utils.set_random_seed(0)
    image = tf.keras.Input((32, 32, 3))
    x = tf.keras.layers.Rescaling(1 / 255)(image)
    x = tf.keras.layers.Conv2D(6, 4, 4, activation="relu")(x)
    x = tf.keras.layers.Conv2D(8, 2, 2, activation="relu", name="map")(x)
    x = tf.keras.layers.BatchNormalization()(x)
    classifier = tfr.models.classifier(tf.keras.Model(image, x), 3)
    seen = common.training.cached_features(run, "resnet18", classifier)
    found = Stage1({"whole": classifier}, seen["features"], seen["logits"], 1.0, {})
    return columns(run, found, WHOLE)["features"]


def trained(run, begin, method):
    return train_network(run, begin, method, 8, CHOICE)["codes"]


@pytest.mark.parametrize("method", ["center", "mems", "hashnet", "fph", "triplet_mined"])
def test_network_and_head_learn_together(run, begin, method, monkeypatch):
    before = [weight.copy() for weight in begin.classifier.get_weights()]
    after = []
    fit = end_to_end._fit

    def watched(run, view, name, model, terms):
        kernel = model.get_layer("map").get_weights()[0]
        seconds = fit(run, view, name, model, terms)
        after.append(np.abs(model.get_layer("map").get_weights()[0] - kernel).max())
        return seconds

    monkeypatch.setattr(end_to_end, "_fit", watched)
    codes = trained(run, begin, method)
    assert codes.shape == (36, 8) and after[0] > 0
    for now, then in zip(begin.classifier.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)
    labels = run.data.records.labels
    found = hamming_retrieval(codes, labels, codes, labels, leave_one_out=True, stable=False)
    assert found.mean_average_precision > 0.6
    # What was trained is not trained again, and leaves no checkpoint behind.
    monkeypatch.setattr(end_to_end, "_fit", lambda *a: pytest.fail("trained again"))
    np.testing.assert_array_equal(trained(run, begin, method), codes)
    assert [file.name for file in (run.folder / f"network/{method}-8").iterdir()] == ["codes.npz"]


def test_begins_where_the_head_behind_the_frozen_network_ended(run, begin, monkeypatch):
    """Standardisation included: before a step the whole network gives the codes of the head."""
    monkeypatch.setattr(end_to_end, "_fit", lambda *arguments: 0.0)
    codes = trained(run, begin, "center")
    expected = end_to_end.train_heads(
        "center", [end_to_end.Wanted(8, 1.5)], 0.01, begin.task, run.config
    )
    np.testing.assert_allclose(
        codes, tf.nest.flatten(expected.encoder(begin.task.inputs[:]))[0], atol=1e-4
    )


def test_the_mined_head_reads_features_as_they_are(run, begin, monkeypatch):
    monkeypatch.setattr(end_to_end, "_fit", lambda *arguments: 0.0)
    codes = trained(run, begin, "triplet_mined")
    wanted = end_to_end.Wanted(8, 1.5)
    head = end_to_end.train_mined("triplet_mined", wanted, 0.01, begin.task, run.config)
    np.testing.assert_allclose(codes, head["codes"], atol=1e-4)


def test_a_killed_training_goes_on_to_the_same_codes(run, begin, monkeypatch, tmp_path):
    other = dataclasses.replace(run, folder=type(run.folder)(tmp_path / "other", run.config))
    whole = trained(other, begin, "cross_entropy")
    monkeypatch.setattr(TrainingCheckpoint, "INTERVAL", -1.0)
    written = TrainingCheckpoint._write

    def killed(self):
        written(self)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(TrainingCheckpoint, "_write", killed)
        trained(run, begin, "cross_entropy")
    assert (run.folder / "network/cross_entropy-8/checkpoint.npz").exists()
    np.testing.assert_allclose(trained(run, begin, "cross_entropy"), whole, atol=1e-5)


def test_a_training_that_diverges_is_told_in_a_line(run, begin):
    wild = run.with_config(fine_tune_rate=1e30)
    with pytest.raises(end_to_end.Diverged, match="lower --fine-tune-rate") as error:
        train_network(wild, begin, "dpsh", 8, CHOICE)
    assert "\n" not in str(error.value)
