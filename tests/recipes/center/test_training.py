"""Every setting of a center loss changes its training, and none that of cross-entropy alone."""

import numpy as np
import pytest

from recipes.center.settings import CenterSettings
from recipes.center.training import center_loss, train
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
def history(pictures, tmp_path, small_network, usual, eager_training):
    """What the training of one loss logs."""

    def log(loss, **settings):
        if not settings and loss in usual:
            return usual[loss]
        sizes = {"dataset": "folder", "image_size": 16, "width": 4, "weights": "none", "epochs": 2}
        config = CenterSettings(data_dir=str(pictures), batch_size=8, **sizes, **settings)
        _, logged = train(opened(config, tmp_path / str(settings)), loss)
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
