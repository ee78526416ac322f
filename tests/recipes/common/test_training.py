"""A classifier of one convolution; every flag of its training changes what comes out."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from recipes.common import session, training
from recipes.folder_triplet import Config
from tests.conftest import train_eagerly
from tests.recipes.opening import opened
from tests.recipes.pictures import write_folder
from tfretrieval.callbacks import TrainingCheckpoint
from tfretrieval.run_folder import RunFolderError


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("pictures"))


class Killed(BaseException):
    pass


def network(config):
    def build():
        x = inputs = tf.keras.Input((config.image_size, config.image_size, 3))
        x = tf.keras.layers.Rescaling(1 / 255)(x)
        x = tf.keras.layers.Conv2D(config.width, 3, strides=4)(x)
        x = tf.keras.layers.BatchNormalization()(x)
        x = tf.keras.layers.GlobalAveragePooling2D(name="features")(x)
        logits = tf.keras.layers.Dense(3, dtype="float32", name="logits")(x)
        return tf.keras.Model(inputs, logits)

    return build


def trained(pictures, folder, **settings):
    base = Config(
        data_dir=str(pictures), image_size=16, width=4, epochs=3, batch_size=8, learning_rate=0.01
    )
    config = dataclasses.replace(base, **settings)
    try:
        run = opened(config, folder, config.held_out)
        model, history = training.train_classifier(
            run, run.data.records, run.data.fit, "net", network(config)
        )
        cached = training.cached_features(run, "net", model)
    finally:
        session.start(base)
    return cached, history


@pytest.fixture(scope="module")
def base(pictures, tmp_path_factory):
    return trained(pictures, tmp_path_factory.mktemp("runs") / "base")


def test_one_row_of_features_and_logits_a_picture(base):
    cached, history = base
    assert cached["features"].shape == (36, 4) and cached["logits"].shape == (36, 3)
    assert history["loss"].shape == history["accuracy"].shape == (3,)
    assert history["loss"][-1] < history["loss"][0]


def test_features_in_blocks_are_those_of_a_pass_at_once(base, pictures, tmp_path, monkeypatch):
    asked, plain = [], training.in_blocks
    monkeypatch.setattr(training, "HELD", 10)
    monkeypatch.setattr(training, "in_blocks", lambda *told: asked.append(told) or plain(*told))
    cached, _ = trained(pictures, tmp_path / "run")
    for name in ("features", "logits"):
        np.testing.assert_array_equal(cached[name], base[0][name], strict=True)
    # Whole batches of eight.
    assert [told[1:3] for told in asked] == [(36, 16)]
    assert sorted(p.name for p in (tmp_path / "run/net").iterdir()) == [
        "features.npz",
        "stage1.npz",
    ]


@pytest.fixture(scope="module")
def base_without_a_graph(pictures, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        train_eagerly(patch)
        return trained(pictures, tmp_path_factory.mktemp("runs") / "eager")


@pytest.mark.parametrize(
    "change",
    [
        {"image_size": 20},
        {"width": 5},
        {"epochs": 2},
        {"batch_size": 12},
        {"learning_rate": 0.02},
        {"weight_decay": 1.0},
        {"crop_area": 1.0},
        {"flip": False},
        {"colour": 0.0},
        {"mixed_precision": True},
        {"held_out": 0.3},
        {"seed": 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_flag_changes_the_logits(
    base_without_a_graph, eager_training, pictures, tmp_path, change
):
    cached, _ = trained(pictures, tmp_path / "run", **change)
    assert np.abs(cached["logits"] - base_without_a_graph[0]["logits"]).max() > 1e-4


@pytest.mark.parametrize("epoch, mixed", [(1, False), (2, True)])
def test_killed_after_an_epoch_it_ends_with_the_same_numbers(
    pictures, tmp_path, monkeypatch, epoch, mixed
):
    whole = trained(pictures, tmp_path / "whole", mixed_precision=mixed)
    write = TrainingCheckpoint._write

    def write_and_die(self):
        write(self)
        if self.epoch == epoch:
            raise Killed

    monkeypatch.setattr(TrainingCheckpoint, "INTERVAL", 0.0)
    monkeypatch.setattr(TrainingCheckpoint, "_write", write_and_die)
    with pytest.raises(Killed):
        trained(pictures, tmp_path / "run", mixed_precision=mixed)
    monkeypatch.setattr(TrainingCheckpoint, "_write", write)
    cached, history = trained(pictures, tmp_path / "run", mixed_precision=mixed)
    np.testing.assert_array_equal(cached["logits"], whole[0]["logits"])
    np.testing.assert_array_equal(cached["features"], whole[0]["features"])
    np.testing.assert_array_equal(history["loss"], whole[1]["loss"])


def test_a_diverged_training_stops_and_writes_nothing(pictures, tmp_path):
    with pytest.raises(FloatingPointError, match="diverged in epoch"):
        trained(pictures, tmp_path / "run", learning_rate=1e30, epochs=4)
    assert not list((tmp_path / "run").rglob("*.npz"))


def test_a_finished_stage_is_not_trained_again(base, pictures, tmp_path, monkeypatch):
    first, _ = trained(pictures, tmp_path / "run")
    monkeypatch.setattr(tf.keras.Model, "fit", None)
    again, _ = trained(pictures, tmp_path / "run")
    np.testing.assert_array_equal(first["logits"], again["logits"])


def test_a_damaged_checkpoint_is_told_in_one_line(base, pictures, tmp_path):
    trained(pictures, tmp_path / "run")
    (tmp_path / "run" / "net" / "stage1.npz").write_bytes(b"")
    with pytest.raises(RunFolderError, match="stage1.npz is damaged .* delete it"):
        trained(pictures, tmp_path / "run")


def test_every_output_is_trained_by_the_label():
    inputs = tf.keras.Input((8, 8, 3), name="image")
    label = tf.keras.Input((), dtype="int32", name="label")
    model = tf.keras.Model({"image": inputs, "label": label}, {"logits": inputs, "more": inputs})
    assert training.image_input(model) is model.input["image"]
    given, targets = training._named(model, "pictures", "labels")
    assert given == {"image": "pictures", "label": "labels"}
    assert targets == {"logits": "labels", "more": "labels"}
