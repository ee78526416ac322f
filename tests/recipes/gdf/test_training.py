"""A row on a network of one convolution; every flag of its own changes the training."""

import numpy as np
import pytest
import tensorflow as tf

from recipes import gdf
from recipes.common.measure import held_out_map
from recipes.gdf.settings import ROWS
from tests.recipes.conftest import tiny_runs
from tests.recipes.gdf.tiny import settings
from tests.recipes.opening import opened


@pytest.fixture(scope="module")
def trained(tmp_path_factory, gdf_pictures):
    """The loss of every epoch of a row's training, by name of the term; trained once."""
    with tiny_runs():
        run = opened(settings(gdf_pictures, epochs=1), tmp_path_factory.mktemp("runs") / "run")
        start = gdf.start.start(run)
        done = {}

        def train(row, **changes):
            key = row, tuple(changes.items())
            if key not in done:
                inside = run.with_config(**changes).inside(f"{row}-{len(done)}")
                done[key] = gdf.training.train(inside, row, start)[1]
            return done[key]

        yield train


@pytest.mark.parametrize(
    "row, changes",
    [
        ("attention", {"parts": 4}),
        ("graph", {"neighbours": 3}),
        ("cauchy", {"quantization": 9.0}),
        ("cauchy", {"gamma": 0.5}),
        ("balance", {"balance": 9.0}),
        ("balance", {"balance_per": "image"}),
        ("backbone", {"hash_activation": "sigmoid"}),
        ("backbone", {"standardize": False}),
        ("cauchy", {"learning_rate": 1e-2}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_every_flag_changes_the_training(trained, row, changes):
    before, after = trained(row), trained(row, **changes)
    assert before["logits_loss"][-1] != after["logits_loss"][-1]


def test_a_term_that_a_row_does_without_changes_nothing(trained):
    before, after = trained("graph"), trained("graph", quantization=9.0, balance=9.0)
    np.testing.assert_array_equal(before["loss"], after["loss"])
    np.testing.assert_array_equal(before["loss"], before["logits_loss"])


def test_all_rows_start_from_the_same_backbone(run, start, monkeypatch):
    monkeypatch.setattr("recipes.common.training.fit", lambda *args, **kwargs: {})
    models = [gdf.training.train(run, row, start)[0] for row in ROWS]
    for layer in ("conv", "map"):
        first, *others = (model.get_layer(layer).get_weights()[0] for model in models)
        assert all((other == first).all() for other in others)


def test_the_loss_of_crops_and_drops_is_shared_by_three_views(trained):
    history = trained("augmentation")
    views = np.mean([history[f"{view}_loss"] for view in ("logits", "crop", "drop")], axis=0)
    np.testing.assert_allclose(history["loss"], views + history["codes_loss"], rtol=1e-5)
    assert (history["crop_loss"] != history["drop_loss"]).all()


def test_behind_a_frozen_network_pictures_give_the_codes_that_its_maps_gave(
    gdf_pictures, tmp_path, monkeypatch, small_network, eager_training
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    config = settings(gdf_pictures, training="frozen", pretraining=0, epochs=1)
    run = opened(config, tmp_path / "run")
    start = gdf.start.start(run)
    assert start.maps.dtype == np.float16 and start.maps.shape[0] == len(run.data.records)
    pixels = gdf.gdf_result.shown(run, config.image_size).astype(np.float32)
    maps = start.network(pixels)
    for row in ("backbone", "graph"):
        model, history = gdf.training.train(run, row, start)
        assert "constant_bits" in history
        encoder = gdf.training.encoder_of(run, row, model, start)
        codes = tf.keras.Model(model.input, model.get_layer("codes").output)
        np.testing.assert_allclose(encoder(pixels), codes(maps), rtol=1e-3, atol=1e-4)


def test_held_out_pictures_choose_the_rate_of_a_row(
    gdf_pictures, tmp_path, small_network, eager_training
):
    run = opened(settings(gdf_pictures, rates=(1e-9, 0.05), epochs=3), tmp_path, 0.25)
    assert len(run.data.held_out) and not np.intersect1d(run.data.held_out, run.data.fit).size
    start = gdf.start.start(run)
    best = gdf.training.train_best(run, "backbone", start)
    found = {
        rate: held_out_map(
            run.folder.read_arrays(f"backbone@{rate:g}/features")["features"], run.data
        )
        for rate in run.config.rates
    }
    assert len(set(found.values())) == 2
    assert best.rate == max(found, key=found.get) and best.held_out == found[best.rate]


def test_bits_that_say_nothing_are_told():
    config = settings("pictures", bits=8)
    assert gdf.training.wrong("graph", config, {"constant_bits": 4.0}) is None
    assert "graph: 5 of 8 bits" in gdf.training.wrong("graph", config, {"constant_bits": 5.0})
