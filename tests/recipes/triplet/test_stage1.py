"""What rows stand on: one classifier or several, frozen, fine-tuned or given."""

import numpy as np
import pytest
import tensorflow as tf

import tfretrieval as tfr
from data_pipelines.view import WHOLE, View
from recipes.common.cli import ConfigError
from recipes.folder_triplet import Config
from recipes.triplet.classifiers import train_stage1
from recipes.triplet.stage1 import Stage1, stage1
from tests.recipes.opening import opened
from tfretrieval.backbones.efficientnet_lite import VARIANTS
from tfretrieval.backbones.weights_file import find_weights

pytestmark = pytest.mark.usefixtures("eager_training")
SMALL = {
    "image_size": 32, "width": 4, "batch_size": 8, "bits": 6, "networks": ("resnet18",),
}  # fmt: skip


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def open_run(triplet_pictures, tmp_path):
    def open_it(**settings):
        config = Config(data_dir=str(triplet_pictures), protocol="paper", **{**SMALL, **settings})
        return opened(config, tmp_path / "run")

    return open_it


def upper_half(run):
    boxes = np.tile(np.float32([0, 0, 0.5, 1]), (len(run.data.records), 1))
    return View(boxes, found=boxes)


def test_two_views_give_features_side_by_side_and_added_logits(open_run, small_network):
    run = open_run(training="frozen")
    views = {"whole": WHOLE, "crop": upper_half(run)}
    both = stage1(run, "resnet18+whole+crop", views)
    alone = [
        stage1(run, name, {view: views[view]})
        for name, view in (("resnet18", "whole"), ("resnet18+crop", "crop"))
    ]
    features = np.concatenate([one.features for one in alone], axis=1)
    np.testing.assert_array_equal(both.features, features)
    np.testing.assert_allclose(both.logits, alone[0].logits + alone[1].logits, atol=1e-6)
    assert list(both.classifiers) == ["whole", "crop"]


@pytest.mark.parametrize("reads", ["features", "probabilities"])
@pytest.mark.parametrize("names", [["whole"], ["whole", "crop"]])
def test_the_encoder_gives_the_codes_of_the_inputs(names, reads):
    config = Config(**SMALL, temperature=0.7)
    classifiers = {
        name: tfr.models.classifier(tfr.backbones.resnet18((32, 32, 3), width=4), 3)
        for name in names
    }
    pictures = np.random.default_rng(0).uniform(0, 255, (4, 32, 32, 3)).astype(np.float32)
    seen = {name: pictures[:: 1 - 2 * at] for at, name in enumerate(names)}
    passes = [
        tf.keras.Model(model.input, [model.get_layer("features").output, model.output])(seen[name])
        for name, model in classifiers.items()
    ]
    features = np.concatenate([features for features, _ in passes], axis=1)
    logits = np.sum([logits for _, logits in passes], axis=0)
    found = Stage1(classifiers, features, logits, 0.0, {})
    inputs = found.inputs(reads, config.temperature)
    encoder = found.encoder(config, reads)
    expected = encoder.get_layer("codes")(inputs)
    codes = encoder(seen if len(names) > 1 else pictures)
    np.testing.assert_allclose(codes, expected, atol=1e-5)


def test_fine_tuning_starts_from_the_linear_classifier_and_keeps_the_normalisation(open_run):
    run = open_run(training="fine_tuned", fine_tune_epochs=2, fine_tune_rate=1e-9, dropout=0.0)
    model, history = train_stage1(run, "resnet18", WHOLE)
    start = run.folder.read_arrays("resnet18/linear")
    kernel, bias = model.get_layer("logits").get_weights()
    np.testing.assert_allclose(kernel, start["kernel"], atol=1e-6)
    np.testing.assert_allclose(bias, start["bias"], atol=1e-6)
    normalization = [x for x in model.layers if isinstance(x, tf.keras.layers.BatchNormalization)]
    assert normalization and not any(layer.trainable for layer in normalization)
    assert len(history["loss"]) == 2
    assert model.optimizer.learning_rate.numpy() < 1e-9


def test_a_classifier_that_is_given_is_taken_as_it_is(open_run, tmp_path):
    trained = tfr.backbones.resnet18((32, 32, 3), width=4, num_classes=3)
    trained.save_weights(tmp_path / "resnet18-whole-0.weights.h5")
    file = str(tmp_path / "{network}-{view}-{seed}.weights.h5")
    run = open_run(training="given", weights=file)
    pictures = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3)).astype(np.float32)
    found = stage1(run, "resnet18", {"whole": WHOLE})
    np.testing.assert_allclose(found.classifiers["whole"](pictures), trained(pictures), atol=1e-5)


def test_imagenet_s_weights_are_no_classifier_of_other_classes(open_run):
    file = find_weights("efficientnet_lite0", "imagenet", VARIANTS[0].imagenet)
    run = open_run(training="given", weights=str(file))
    with pytest.raises(ConfigError, match="has no classifier of 3 classes"):
        train_stage1(run, "efficientnet_lite0", WHOLE)


def test_weights_without_that_classifier_are_refused(open_run, tmp_path):
    bare = tfr.backbones.resnet18((32, 32, 3), width=4)
    bare.save_weights(tmp_path / "bare.weights.h5")
    run = open_run(training="given", weights=str(tmp_path / "bare.weights.h5"))
    with pytest.raises(
        ConfigError, match="--training given, 3 classes: .*bare.weights.h5"
    ) as error:
        train_stage1(run, "resnet18", WHOLE)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["MobileNetV2", "MobileNetV2_i+crop", "keras_file"])
def test_a_network_of_keras_cannot_be_given(name, open_run):
    run = open_run(training="given", weights="any.weights.h5")
    with pytest.raises(ConfigError, match="takes neither a network of tf.keras.applications"):
        train_stage1(run, name, WHOLE)
