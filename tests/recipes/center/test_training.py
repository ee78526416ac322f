"""Every setting of a center loss changes its training, and none that of cross-entropy alone."""

import numpy as np
import pytest
import tensorflow as tf

from recipes.center.settings import CenterSettings
from recipes.center.training import Seen, center_loss, encoder, network, see, train, wrong
from recipes.common.cli import ConfigError
from tests.recipes.opening import opened
from tests.recipes.pictures import write_folder


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def usual():
    """Loss -> what its training logs with the usual settings, trained once."""
    return {}


@pytest.fixture
def history(pictures, tmp_path, usual, eager_training):
    """What the training of one loss logs, on the maps of a frozen network."""
    maps = np.random.default_rng(0).uniform(size=(36, 1, 1, 4)).astype(np.float32)

    def log(loss, **settings):
        if not settings and loss in usual:
            return usual[loss]
        sizes = {"dataset": "folder", "image_size": 16, "batch_size": 8, "epochs": 1}
        config = CenterSettings(data_dir=str(pictures), training="frozen", **sizes, **settings)
        _, logged = train(opened(config, tmp_path / str(settings)), loss, Seen(maps=maps))
        if not settings:
            usual[loss] = logged
        return logged

    return log


@pytest.mark.parametrize(
    "loss, settings",
    [
        ("center", {"center_lambda": 3.0}),
        ("ratio", {"ratio_lambda": 9.0}),
        ("hinge", {"hinge_lambda": 3.0}),
        ("difference", {"difference_lambda": 3.0}),
        ("hinge", {"hinge_margin": 0.01}),
        ("difference", {"push": 0.0}),
        ("center", {"update": "gradient"}),
        ("center", {"rate": 0.01}),
        ("length", {"length_lambda": 3.0}),
        ("decay", {"decay_lambda": 9.0}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_every_flag_changes_the_training(history, loss, settings):
    before, after = history(loss), history(loss, **settings)
    assert before["loss"][-1] != after["loss"][-1]
    assert before["center_distances_d_own"][-1] != after["center_distances_d_own"][-1]


def test_cross_entropy_alone_learns_the_same_wherever_the_centers_are(history):
    before, after = history("softmax"), history("softmax", rate=0.01)
    np.testing.assert_array_equal(before["logits_loss"], after["logits_loss"])
    np.testing.assert_array_equal(before["loss"], before["logits_loss"])
    assert before["center_distances_d_own"][-1] != after["center_distances_d_own"][-1]


def test_hinge_and_difference_read_margin_and_push():
    settings = CenterSettings(hinge_margin=7.0, push=0.25)
    assert center_loss("hinge", settings).margin == 7.0
    assert center_loss("difference", settings).beta == 0.25
    assert center_loss("ratio", settings).form == "ratio"


def test_the_length_is_the_distance_to_centers_that_stay_at_the_origin():
    image = tf.keras.Input((1, 1, 6), name="image")
    backbone = tf.keras.Model(image, tf.keras.layers.ReLU()(image), name="maps")
    model = network(backbone, "length", CenterSettings(bits=4), 3, plane=False)
    maps = np.random.default_rng(0).uniform(0, 1, (5, 1, 1, 6)).astype(np.float32)
    inputs = {"image": maps, "label": np.zeros(5, np.int32)}
    for _ in range(2):
        model(inputs, training=True)
    assert not np.any(model.get_layer("center_distances").get_weights()[0])
    codes = tf.keras.Model(image, model.get_layer("embedding").output)(maps)
    expected = np.tile(np.square(codes).sum(axis=1)[:, None], 3)
    np.testing.assert_allclose(model(inputs)["center_distances"], expected, rtol=1e-5)


@pytest.mark.parametrize("view", ["whole", "crop"])
def test_behind_a_frozen_network_nothing_of_it_is_trained(
    pictures, tmp_path, small_network, view, eager_training
):
    config = CenterSettings(
        **{"dataset": "folder", "data_dir": str(pictures), "image_size": 32, "width": 8},
        **{"weights": "none", "epochs": 2, "batch_size": 8, "bits": 5},
        **{"training": "frozen", "view": view},
    )
    run = opened(config, tmp_path / "run")
    seen = see(run)
    assert seen.maps.shape == (len(run.data.records), 1, 1, 8)
    assert (seen.view.boxes is not None) == (view == "crop")
    model, history = train(run, "center", seen)
    assert history["loss"][-1] < history["loss"][0]
    whole = encoder(run, "center", model, seen)
    for now, before in zip(whole.get_weights(), seen.network.get_weights(), strict=False):
        np.testing.assert_array_equal(now, before)


def test_a_view_is_what_a_frozen_network_sees():
    with pytest.raises(ConfigError, match="add --training frozen"):
        CenterSettings(view="crop")


def test_a_margin_that_does_not_fit_and_bits_that_say_nothing_are_told():
    tell = wrong("hinge", CenterSettings(bits=8, hinge_margin=40.0))
    fits = {"constant_bits": 0.0, "center_distances_d_other": 30.0}
    assert tell(fits) is None
    for nearest in (9.0, 41.0):
        assert f"distance of {nearest:.3g}" in tell({**fits, "center_distances_d_other": nearest})
    assert "5 of 8 bits" in tell({**fits, "constant_bits": 5.0})
    far = {**fits, "center_distances_d_other": 9.0}
    assert wrong("center", CenterSettings(bits=8))(far) is None
