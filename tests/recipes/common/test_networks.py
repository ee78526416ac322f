"""What stage 1 starts from."""

import numpy as np
import pytest

import tfretrieval as tfr
from recipes.common.cli import ConfigError
from recipes.common.networks import backbone, check_weights
from recipes.common.settings import Settings
from recipes.folder_triplet import Config as FolderConfig
from recipes.saliency_remedies import Config as RemediesConfig
from recipes.saliency_sheet import Config as SheetConfig

SMALL = {"image_size": 32, "width": 4}


@pytest.fixture
def file(tmp_path):
    network = tfr.backbones.resnet18_i((32, 32, 3), width=4)
    network.save_weights(tmp_path / "own.weights.h5")
    return network, str(tmp_path / "own.weights.h5")


def test_a_network_starts_from_the_weights_that_are_asked_for(file):
    network, path = file
    config = Settings(weights=path, **SMALL)
    for name in ("resnet18_i", "resnet18_i+crop", "resnet18"):
        started = backbone(name, config)
        assert started.name == name.partition("+")[0]
        for ours, theirs in zip(started.get_weights(), network.get_weights(), strict=False):
            np.testing.assert_array_equal(ours, theirs)
    check_weights(["resnet18", "resnet18_i+crop"], config)
    random = backbone("resnet18", Settings(weights="none", **SMALL)).get_weights()
    assert (random[0] != network.get_weights()[0]).any()


def test_a_file_that_fits_one_network_and_not_the_other_is_one_line(tmp_path):
    tfr.backbones.resnet18((32, 32, 3), width=4).save_weights(tmp_path / "plain.weights.h5")
    config = Settings(weights=str(tmp_path / "plain.weights.h5"), **SMALL)
    with pytest.raises(ConfigError, match="--weights .* does not hold .* resnet18_i") as error:
        check_weights(["resnet18", "resnet18_i"], config)
    assert "\n" not in str(error.value) and "--download" in str(error.value)


def test_a_network_of_a_file_is_its_own_weights(tmp_path):
    own = tfr.backbones.resnet18((32, 32, 3), width=4)
    own.save(tmp_path / "own.keras")
    for name in ("keras_file", "keras_file+crop", "keras_file_i"):
        started = backbone(name, Settings(weights=str(tmp_path / "own.keras"), **SMALL))
        pixels = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3)).astype(np.float32)
        np.testing.assert_allclose(started.predict(pixels), own.predict(pixels), atol=1e-6)
    for weights in ("none", "imagenet"):
        with pytest.raises(ConfigError, match="is the network of a .keras file"):
            backbone("keras_file", Settings(weights=weights, **SMALL))


def test_no_weights_are_not_looked_at(monkeypatch):
    monkeypatch.setattr(tfr.backbones, "resnet18", None)
    check_weights(["resnet18"], Settings(weights="none"))


def test_drawn_pictures_and_folders_start_from_random_numbers():
    assert Settings().weights == SheetConfig().weights == "imagenet"
    assert SheetConfig.demo_settings()["weights"] == "none"
    assert FolderConfig().weights == RemediesConfig().weights == "none"


def test_names_with_gates_are_se_resnets():
    config = Settings(weights="none", **SMALL)
    names = ("se_resnet18+crop", "se_resnet18_i", "dase_resnet18")
    built = {name: backbone(name, config) for name in names}
    layers = {name: {layer.name for layer in model.layers} for name, model in built.items()}
    assert "stage1_block1_se" in layers["se_resnet18+crop"]
    assert "inception_resnet_c" in layers["se_resnet18_i"] - layers["se_resnet18+crop"]
    assert set(built["dase_resnet18"].input) == {"image", "domain"}


def test_a_network_of_keras_is_known_by_its_name():
    network = backbone("MobileNetV2+crop", Settings(weights="none", image_size=32, width=4))
    assert network.output_shape == (None, 1, 1, 1280)
    with pytest.raises(ConfigError, match="NoNetV9") as error:
        backbone("NoNetV9", Settings(weights="none", image_size=32))
    assert "\n" not in str(error.value)


def test_seeds_and_views_are_filled_into_the_name_of_a_file(tmp_path):
    config = Settings(weights=str(tmp_path / "{network}-{view}-{seed}.weights.h5"), **SMALL)
    with pytest.raises(ConfigError, match="resnet18-crop-0.weights.h5"):
        check_weights(["resnet18+crop"], config)
