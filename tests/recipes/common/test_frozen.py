"""What a frozen network says of every picture, and what is built on that."""

import numpy as np
import pytest
import tensorflow as tf

import tfretrieval as tfr
from recipes.center.settings import CenterSettings
from recipes.common import frozen
from tests.recipes.opening import opened
from tests.recipes.pictures import write_folder


@pytest.fixture
def run(tmp_path, monkeypatch, small_network):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    config = CenterSettings(
        **{"dataset": "folder", "data_dir": str(write_folder(tmp_path / "pictures"))},
        **{"image_size": 32, "width": 8, "weights": "none", "batch_size": 8},
    )
    return opened(config, tmp_path / "run")


def maps_of(run, view):
    network = frozen.backbone(run, "resnet18")
    return frozen.pooled_maps(run, f"resnet18+{view}", network, frozen.view_of(run, network, view))


def test_maps_of_one_cell_are_the_pooled_features_and_are_kept(run, monkeypatch):
    maps = maps_of(run, "whole")
    assert maps.shape == (len(run.data.records), 1, 1, 8) and maps.std() > 0
    monkeypatch.setattr(tf.keras.Model, "predict", None)
    np.testing.assert_array_equal(maps_of(run, "whole"), maps)


def test_a_crop_is_what_the_network_itself_points_at(run):
    view = frozen.view_of(run, frozen.backbone(run, "resnet18"), "crop")
    assert view.boxes.shape == (len(run.data.records), 4) and view.alpha == frozen.ALPHA
    assert np.abs(maps_of(run, "whole") - maps_of(run, "crop")).max() > 1e-3


def test_a_model_behind_the_network_says_what_its_like_on_the_maps_said(run):
    trained = tfr.models.classifier(frozen.stand_in(maps_of(run, "whole")), 3)
    network = frozen.backbone(run, "resnet18")
    model = tfr.models.classifier(network, 3)
    frozen.behind(network, model, trained)
    pixels = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3)).astype(np.float32)
    pooled = network(pixels).numpy().mean(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(model(pixels), trained(pooled), rtol=1e-4, atol=1e-5)
