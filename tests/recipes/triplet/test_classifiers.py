"""Stage 1 and who looks."""

import numpy as np
import pytest

from data_pipelines.view import WHOLE
from recipes import common, triplet
from recipes.folder_triplet import Config
from tests.recipes.opening import opened
from tfretrieval.backbones import resnet18_i

pytestmark = pytest.mark.usefixtures("eager_training")


@pytest.fixture
def run(triplet_pictures, tmp_path):
    config = Config(data_dir=str(triplet_pictures), image_size=32, width=4, epochs=1, batch_size=8)
    return opened(config, tmp_path / "run")


def test_stage_1_starts_from_the_weights_of_the_settings(run, tmp_path, monkeypatch):
    network = resnet18_i((32, 32, 3), width=4)
    network.save_weights(tmp_path / "own.weights.h5")
    monkeypatch.setattr(
        common.training,
        "train_classifier",
        lambda run, records, fit, name, build, view: (build(), {}),
    )
    run = run.with_config(weights=str(tmp_path / "own.weights.h5"))
    model, _ = triplet.classifiers.train_stage1(run, "resnet18_i+crop", WHOLE)
    for found, expected in zip(model.get_weights(), network.get_weights(), strict=False):
        np.testing.assert_array_equal(found, expected)


def test_the_resnet18_of_stage_1_looks_once_and_every_threshold_cuts_from_its_maps(
    run, small_network
):
    looking = triplet.classifiers.Looking(run)
    low, high = looking.crop(0.2), looking.crop(0.8)
    assert low.localizer is high.localizer and low.maps is high.maps
    assert (run.folder / "resnet18/stage1.npz").exists()
    areas = [np.prod(view.found[:, 2:] - view.found[:, :2], axis=1).mean() for view in (low, high)]
    assert areas[1] < areas[0] <= 1


def test_a_pretrained_network_looks_without_training(run, tmp_path, small_network):
    network = triplet.classifiers.train_stage1(run, "resnet18", WHOLE)[0]
    network.save(tmp_path / "network.keras")
    other = run.with_config(saliency_network=str(tmp_path / "network.keras")).inside("other")
    localizer = triplet.classifiers.find_localizer(other)
    assert localizer.identity["network"] == network.name
    assert not (other.folder / "resnet18").exists()
