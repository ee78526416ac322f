import pytest

from recipes.center.settings import LOSSES, WEIGHED, CenterSettings
from recipes.common.cli import ConfigError


@pytest.mark.parametrize(
    "change",
    [
        {"center_lambda": 0.0},
        {"hinge_margin": 0.0},
        {"push": -1.0},
        {"rate": 0.0},
        {"plane_classes": 1},
        {"plane_epochs": 0},
        {"losses": ("center", "center")},
    ],
    ids=str,
)
def test_settings_outside_their_range_are_one_line(change):
    with pytest.raises(ConfigError, match="--"):
        CenterSettings(**change)


def test_every_loss_but_cross_entropy_alone_has_a_weight():
    settings = CenterSettings(ratio_lambda=7.0)
    assert settings.weight("ratio") == 7.0 and settings.weight("softmax") == 0.0
    assert {loss for loss in LOSSES if settings.weight(loss)} == set(WEIGHED)


def test_demo_shrinks_and_downloads_nothing():
    demo, usual = CenterSettings.demo_settings(), CenterSettings()
    changed = {name for name, value in demo.items() if getattr(usual, name) != value}
    assert changed == {
        *("dataset", "image_size", "width", "weights", "epochs", "plane_epochs"),
        *("center_lambda", "ratio_lambda", "hinge_lambda"),
    }
