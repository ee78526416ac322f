"""The recipe at the paper's sizes, one step of every stage, and its demo settings."""

import numpy as np
import pytest
import tensorflow as tf

from recipes import cub_triplet, folder_triplet, triplet
from recipes.common.cli import main
from recipes.cub_triplet import Config
from recipes.triplet.protocol import Choice, held_out_share
from recipes.triplet.stage1 import Stage1
from tests.recipes.opening import opened
from tests.recipes.pictures import write_folder
from tfretrieval.backbones import resnet18_i
from tfretrieval.losses import AdaptiveTripletLoss
from tfretrieval.models import classifier, hash_encoder


def test_one_step_of_every_stage_at_full_width_and_299_pixels():
    config = Config()
    size = (config.image_size, config.image_size, 3)
    images = np.random.default_rng(0).uniform(0, 255, (2, *size)).astype(np.float32)
    backbone = resnet18_i(size, config.width)
    assert backbone.output_shape == (None, 10, 10, 512)
    model = classifier(backbone, 200)
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, jit_compile=False)
    assert np.isfinite(model.train_on_batch(images, np.array([0, 199])))
    backbone.trainable = False
    codes = hash_encoder(backbone, config.bits)(images)
    triplets = tf.stack([codes, codes, codes[::-1]], axis=1)
    assert np.isfinite(AdaptiveTripletLoss("batch")(np.zeros(2), triplets))


def test_the_paper_s_numbers_are_the_defaults():
    config = Config()
    assert (config.dataset, config.image_size, config.width) == ("caltech_birds2011", 299, 64)
    assert (config.epochs, config.hash_epochs, config.remine, config.bits) == (50, 90, 3, 64)
    assert (config.saliency_network, config.alpha) == ("inception_resnet_v2", 0.4)
    assert config.weights == "imagenet"
    assert config.networks == ("resnet18", "resnet18+crop", "resnet18_i+crop")


def test_demo_shrinks_pixels_width_epochs_and_margins_and_downloads_nothing():
    changed = {k for k, v in Config.demo_settings().items() if getattr(Config(), k) != v}
    shrunk = {"dataset", "image_size", "width", "epochs", "margins"}
    # A margin is chosen in the demonstration: nothing of it is the paper's.
    assert changed == shrunk | {"saliency_network", "weights", "protocol"}
    assert set(Config.demo_settings()["margins"]) < set(Config().margins)


def test_the_data_set_of_the_paper_is_asked_for_in_one_line(tmp_path, capsys):
    argv = ["--data-dir", str(tmp_path / "empty"), "--run-dir", str(tmp_path / "run")]
    argv += ["--saliency-network", "stage1", "--weights", "none"]
    assert main(cub_triplet.RECIPE, Config, "about", argv) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "caltech_birds2011" in error


@pytest.mark.parametrize(
    "flags, file",
    [
        ([], "resnet18.tv_in1k.safetensors"),
        (["--weights", "none"], "inception_resnet_v2_weights"),
    ],
)
def test_the_weights_are_asked_for_before_the_data(tmp_path, capsys, monkeypatch, flags, file):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    argv = ["--run-dir", str(tmp_path / "run"), *flags]
    assert main(cub_triplet.RECIPE, Config, "about", argv) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and str(tmp_path / "models" / file) in error
    assert "https://" in error and not (tmp_path / "run").exists()


def test_weights_saliency_network_and_data_are_asked_for_in_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    argv = ["--run-dir", str(tmp_path / "run"), "--data-dir", str(tmp_path / "empty")]
    assert main(cub_triplet.RECIPE, Config, "about", argv) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    for missing in ("resnet18.tv_in1k", "inception_resnet_v2_weights", "caltech_birds2011"):
        assert missing in error


def codes_of(labels, wrong):
    """Codes that tell the classes apart, where the pictures of ``wrong`` lie with another class."""
    seen = labels.copy()
    seen[wrong] = (seen[wrong] + 1) % 3
    return np.where(np.eye(4)[seen] > 0, 1, -1).astype(np.float32)


@pytest.mark.parametrize(
    "protocol, counts", [("paper", "fixed-2"), ("held_out", "fixed-4"), ("selected", "fixed-8")]
)
def test_the_queries_choose_no_margin(tmp_path, monkeypatch, protocol, counts):
    """The fixed margin that counts is the one that was set, or that held-out pictures chose: here,
    or in the run before."""
    config = folder_triplet.Config(
        data_dir=str(write_folder(tmp_path / "pictures")),
        protocol=protocol,
        held_out=0.4,
        bits=4,
        margins=(1.0, 2.0, 4.0, 8.0),
        margin=2.0,
        networks=("resnet18",),
    )
    run = opened(config, tmp_path / "run", held_out_share(config))
    data, labels = run.data, run.data.records.labels
    all_alike = np.full((len(labels), 4), -1.0, np.float32)
    codes = {
        **dict.fromkeys(("cross-entropy", "fixed-2", "fixed-8", "adaptive-mined"), all_alike),
        "fixed-1": codes_of(labels, data.held_out),
        "fixed-4": codes_of(labels, data.query),
    }
    heads = {label: {"codes": code} for label, code in codes.items()}
    features = np.random.default_rng(0).standard_normal((len(labels), 5)).astype(np.float32)
    seen = Stage1({}, features, np.eye(3)[labels], 0.0, {"seconds": np.zeros(0)})
    monkeypatch.setattr(triplet.heads, "train_all", lambda *_: heads)
    choice = Choice("fixed-8", {}, dict.fromkeys(codes, 0.5)) if protocol == "selected" else None
    result = cub_triplet.run_heads(run, "resnet18", "features", seen, choice)
    assert result.best_by_queries == "fixed-1"
    assert result.best == counts and set(result.fixed) == {"fixed-1", counts}
