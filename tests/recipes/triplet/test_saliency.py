"""Who looks, and what a network is shown."""

import dataclasses
import os
import zipfile

import numpy as np
import pytest
import tensorflow as tf

import tfretrieval as tfr
from data_pipelines.records import DataError
from recipes import common, cub_triplet
from recipes.common.cli import ConfigError
from recipes.triplet import saliency
from tests.recipes.opening import opened
from tfretrieval.backbones.networks import NETWORKS
from tfretrieval.run_folder import RunFolderError

SMALL = {"image_size": 32, "width": 4, "batch_size": 8, "saliency_network": "stage1"}


@pytest.fixture(scope="module")
def run(tmp_path_factory, table_with_boxes):
    config = cub_triplet.Config(dataset="folder", data_dir=str(table_with_boxes), **SMALL)
    return opened(config, tmp_path_factory.mktemp("run") / "run", config.held_out)


@pytest.fixture(scope="module")
def config(run):
    return run.config


@pytest.fixture(scope="module")
def network():
    tf.keras.utils.set_random_seed(0)
    return tfr.models.classifier(tfr.backbones.resnet18((32, 32, 3), width=4), 3)


def view_of(network, run, name, **settings):
    run = run.with_config(**settings).inside(name)
    localizer = saliency.localizer(network, run.config, run.config.saliency_maps)
    table = common.saliency.look(run, localizer)
    return common.saliency.view(localizer, table, run.config.alpha, run.config.region)


def test_every_setting_of_the_region_changes_what_is_kept(network, run):
    usual = view_of(network, run, "usual")
    others = [
        {"alpha": 0.7},
        {"alpha": "mean"},
        {"grey": "viridis_luma"},
        {"saliency_maps": "class"},
        {"saliency_layer": "stage1_block2_out"},
    ]
    for number, settings in enumerate(others):
        found = view_of(network, run, str(number), **settings).found
        assert (found != usual.found).any(), settings


def test_a_region_is_boxes_or_masks_or_both(network, run):
    for region, columns in {"box": "b", "mask": "m", "mask_in_box": "bm"}.items():
        view = view_of(network, run, region, region=region)
        assert (view.boxes is not None) == ("b" in columns)
        assert (view.masks is not None) == ("m" in columns)
        assert view.found.shape == (36, 4)


def test_a_saved_network_looks(network, config, tmp_path):
    network.save(tmp_path / "network.keras")
    config = dataclasses.replace(
        config, saliency_network=str(tmp_path / "network.keras"), saliency_maps="class"
    )
    ours = saliency.localizer(network, config, "class").identity
    assert saliency.pretrained(config).identity == ours


def test_resnet18_looks_with_the_weights_of_a_file(config, tmp_path, monkeypatch):
    small_size(monkeypatch, "resnet18", 32)
    small = tfr.backbones.resnet18((32, 32, 3))
    small.save_weights(tmp_path / "own.weights.h5")
    config = dataclasses.replace(config, saliency_network="resnet18")
    weights = {"none": None, str(tmp_path / "own.weights.h5"): tfr.saliency.Localizer(small)}
    for name, expected in weights.items():
        found = saliency.pretrained(dataclasses.replace(config, saliency_weights=name)).identity
        if expected is not None:
            assert found["weights"] == expected.identity["weights"]
    with pytest.raises(ConfigError, match="nowhere"):
        saliency.pretrained(dataclasses.replace(config, saliency_weights="nowhere.weights.h5"))


def small_size(monkeypatch, name, size):
    """A network that looks at fewer pixels than it was trained at."""
    monkeypatch.setitem(NETWORKS, name, dataclasses.replace(NETWORKS[name], size=size))


class Unknown(tf.keras.layers.Layer):
    """A layer that no other program knows."""

    def call(self, inputs):
        return inputs


def write_text(path):
    path.write_text("no network")


def write_archive(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("letter.txt", "no network either")


def write_damaged(path):
    write_network((32, 32, 3))(path)
    contents = bytearray(path.read_bytes())
    # Inside the first file of the archive.
    contents[200:240] = bytes(40)
    path.write_bytes(contents)


def write_network(shape, *last):
    def write(path):
        x = image = tf.keras.Input(shape)
        for layer in (tf.keras.layers.Conv2D(2, 3), *last):
            x = layer(x)
        tf.keras.Model(image, x).save(path)

    return write


@pytest.mark.parametrize(
    "write, message",
    [
        (write_text, "network.keras: "),
        (write_archive, "network.keras: "),
        (write_damaged, "network.keras: "),
        (write_network((32, 32, 3), Unknown()), "network.keras: "),
        (write_network((None, None, 3)), "with a fixed S"),
        (write_network((32, 24, 3)), "with a fixed S"),
        (write_network((32, 32, 1)), "with a fixed S"),
    ],
)
def test_a_file_that_is_no_saliency_network_is_one_line(config, tmp_path, write, message):
    write(tmp_path / "network.keras")
    config = dataclasses.replace(config, saliency_network=str(tmp_path / "network.keras"))
    with pytest.raises(ConfigError, match=message) as error:
        saliency.pretrained(config)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "name, write",
    [
        ("resnet18", write_text),
        ("resnet18", write_archive),
        ("resnet18", write_network((32, 32, 3))),
        ("inception_v3", write_text),
    ],
)
def test_weights_that_do_not_fit_are_one_line(config, tmp_path, monkeypatch, name, write):
    small_size(monkeypatch, name, 75)
    write(file := tmp_path / "weights.keras")
    config = dataclasses.replace(config, saliency_network=name, saliency_weights=str(file))
    with pytest.raises(ConfigError, match=f"{name}, weights .*weights.keras") as error:
        saliency.pretrained(config)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"saliency_weights": "none"}, "leave it out"),
        ({"saliency_maps": "class", "saliency_layer": "stage3_block2_out"}, "leave --saliency-la"),
    ],
)
def test_a_setting_that_would_change_nothing_is_refused(config, settings, message):
    with pytest.raises(ConfigError, match=message):
        saliency.pretrained(dataclasses.replace(config, **settings))


@pytest.mark.parametrize("left", ["maps.npz", "maps.json"])
def test_a_run_keeps_its_saliency_network(network, run, left):
    """Without its table too: the networks of the run were trained on its regions."""
    view_of(network, run, f"kept-{left}")
    view_of(network, run, f"kept-{left}")
    for file in (run.folder / f"kept-{left}/saliency").iterdir():
        if file.name != left:
            os.remove(file)
    tf.keras.utils.set_random_seed(1)
    other = tfr.models.classifier(tfr.backbones.resnet18((32, 32, 3), width=4), 3)
    with pytest.raises((RunFolderError, DataError), match="weights is '") as error:
        view_of(other, run, f"kept-{left}")
    assert "\n" not in str(error.value)


def test_localizations_stand_beside_the_whole_picture_and_its_centre(run):
    rows = saliency.localizations({"truth": run.data.records.boxes}, run.data)
    assert list(rows) == ["truth", "whole picture", "centre 70 %"]
    assert rows["truth"].mean_iou == 1 and rows["whole picture"].object_covered == 1
    np.testing.assert_allclose(rows["centre 70 %"].area, 0.49, atol=1e-6)
    table = saliency.localization_table("boxes", rows, ("a note",))
    assert table.rows[("truth",)]["mean IoU"] == 1 and table.notes[0] == "a note"
    assert table.notes[1].startswith("Over the queries")


def test_data_without_boxes_say_so(run):
    plain = dataclasses.replace(run.data.records, boxes=None)
    found = saliency.localizations({}, dataclasses.replace(run.data, records=plain))
    assert saliency.localization_table("boxes", found).notes == ("The data have no true boxes.",)


def test_the_best_alpha_is_that_of_the_least_loss_on_held_out_pictures(network, run):
    views = {alpha: view_of(network, run, f"at-{alpha}", alpha=alpha) for alpha in (0.3, 0.7)}
    best = saliency.best_alpha(run, network, views)
    losses = run.folder.read_arrays("alpha")
    assert losses[str(best)] == min(losses["0.3"], losses["0.7"])
    assert losses["0.3"] != losses["0.7"]
