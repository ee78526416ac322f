"""Every setting of the training changes the features; only seen classes have a center."""

import dataclasses

import numpy as np
import pytest

from recipes.common import networks
from recipes.sketch import features
from recipes.sketch.training import (
    Seen,
    class_centers,
    encoder_of,
    head_of,
    network,
    on_pictures,
    see,
    train,
    wrong,
)
from tests.recipes.replicas import check_resumes
from tests.recipes.sketch.tiny import SMALL, open_tiny, small_networks, write_table


@pytest.fixture(scope="module")
def usual():
    """Loss -> features after a training with the usual settings."""
    return {}


@pytest.fixture
def trained(table, tmp_path, usual, eager_training):
    """Features after the training by one loss, of the maps of a frozen network."""
    maps = np.random.default_rng(0).uniform(size=(50, 2, 1, 1, 4)).astype(np.float32)

    def features_of(loss, **settings):
        if not settings and loss in usual:
            return usual[loss]
        run = open_tiny(table, tmp_path / str(settings), training="frozen", epochs=1, **settings)
        model, _ = train(run, loss, "none", Seen(maps=maps))
        found = encoder_of(model)(maps[:, 0]).numpy()
        if not settings:
            usual[loss] = found
        return found

    return features_of


@pytest.mark.parametrize(
    "loss, settings",
    [
        ("mems", {"margin": 2.0}),
        ("mems", {"annealing": 1.0}),
        ("cosface", {"cosine_margin": 0.1}),
        ("cosface", {"cosine_scale": 8.0}),
        ("softmax", {"embedding": 5}),
        ("softmax", {"embedding_start": 0.7}),
        ("length", {"length_lambda": 1.0}),
        ("softmax", {"per_domain": 3}),
        ("softmax", {"weight_decay": 1.0}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_every_flag_changes_the_features(trained, loss, settings):
    before, after = trained(loss), trained(loss, **settings)
    assert before.shape != after.shape or np.abs(before - after).max() > 1e-5


def test_what_a_batch_holds_changes_what_pictures_teach(
    table, tmp_path, tiny_networks, eager_training
):
    found = []
    for settings in ({}, {"per_domain": 3}):
        run = open_tiny(table, tmp_path / str(settings), epochs=1, **settings)
        model, _ = train(run, "softmax", "none", Seen())
        found.append(features.embed(run, "softmax", encoder_of(model)))
    assert np.abs(found[0] - found[1]).max() > 1e-5


def test_a_margin_by_name_is_the_same_as_one_by_flag(table, tmp_path):
    config = open_tiny(table, tmp_path / "run", margin=2.0).config
    named, flagged = head_of("mems-2", 3, config)[1], head_of("mems", 3, config)[1]
    assert named.margin == flagged.margin == 2.0
    assert head_of("mems-3", 3, config)[1].margin == 3.0


def test_unseen_classes_have_no_center(row):
    assert row.model.output_shape == (None, 3)
    assert row.centers.shape == (3, SMALL["embedding"])


def test_without_centers_the_means_of_the_training_pictures_stand_for_them(row):
    means = class_centers("softmax", row.model, row.features, row.run.data)
    np.testing.assert_array_equal(means, features.class_means(row.features, row.run.data))


def test_the_margin_of_mems_grows_from_one(row):
    margin = row.result.history["margin"]
    assert 1 < margin[0] <= margin[-1] == 4.0


def train_on(strategy, folder):
    """Weights after a training by MEMS on these replicas."""
    with pytest.MonkeyPatch.context() as patch:
        small_networks(patch)
        folder.mkdir(parents=True, exist_ok=True)
        table = write_table(folder)
        run = open_tiny(table, folder / "run")
        model, _ = train(dataclasses.replace(run, strategy=strategy), "mems", "none", Seen())
    return model.get_weights()


def test_resumed_on_two_replicas_it_equals_a_training_that_was_never_killed(tmp_path):
    check_resumes(train_on, tmp_path)


@pytest.mark.parametrize("gates", ["none", "se", "dase"])
def test_behind_a_frozen_network_pictures_give_the_features_that_maps_gave(
    table, tmp_path, tiny_networks, monkeypatch, gates, eager_training
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    run = open_tiny(table, tmp_path / "run", training="frozen", frozen_network="resnet18")
    seen = see(run)
    assert seen.maps.shape == (len(run.data.records), 2, 1, 1, 4)
    model, history = train(run, "softmax", gates, seen)
    assert history["loss"][-1] < history["loss"][0]
    maps = encoder_of(model)
    found = features.embed(run, "maps", maps, seen.maps)
    whole = on_pictures(run, "softmax", gates, maps, seen)
    np.testing.assert_allclose(features.embed(run, "pictures", whole), found, rtol=1e-4, atol=1e-5)
    # Another run sees no picture again.
    monkeypatch.setattr(features, "_outputs", None)
    np.testing.assert_array_equal(see(run).maps, seen.maps)


@pytest.mark.parametrize("gates", ["none", "se", "dase"])
def test_gates_are_put_into_efficientnet_lite0(table, tmp_path, gates):
    run = open_tiny(table, tmp_path, trained_network="efficientnet_lite0", image_size=32)
    name = run.config.network(gates)
    model = network(run, "mems", gates, networks.backbone(name, run.config))
    inputs = {"image": np.zeros((2, 32, 32, 3), np.float32), "domain": np.array([0, 1])}
    assert model(features.seen_by(model, inputs)).shape == (2, 6)
    found = {layer.name.rpartition("_")[2] for layer in model.layers} & {"se", "dase"}
    assert found == {"none": set(), "se": {"se"}, "dase": {"se", "dase"}}[gates]


def test_features_begin_short(trained):
    """MEMS would else only shrink them."""
    usual, short = (
        np.linalg.norm(trained("mems", embedding_start=start, learning_rate=1e-9), axis=-1).mean()
        for start in (1.0, 0.1)
    )
    np.testing.assert_allclose(short, 0.1 * usual, rtol=1e-3)


def test_features_that_are_long_beside_the_centers_are_told(table, tmp_path):
    config = open_tiny(table, tmp_path / "run").config
    short = {"embedding_length": 1.0, "center_length": 1.0}
    long = {"embedding_length": 27.0, "center_length": 1.0}
    assert wrong("mems", config)(short) is wrong("softmax", config)(long) is None
    assert "features are 27.0 long beside centers of 1.0" in wrong("mems", config)(long)
