import os

import pytest

from recipes.common.cli import ConfigError
from recipes.common.settings import SaliencySettings, check_alpha, flag


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, "average", float("nan")])
def test_an_alpha_that_keeps_all_or_nothing_is_refused(alpha):
    with pytest.raises(ConfigError, match="--alpha must lie between 0"):
        check_alpha(alpha, "alpha")


def test_alpha_is_a_share_or_mean():
    check_alpha(0.4, "alpha")
    check_alpha("mean", "alpha")


def test_files_are_remembered_by_their_whole_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "network.keras").write_text("")
    (tmp_path / "own.weights.h5").write_text("")
    settings = SaliencySettings(
        saliency_network="network.keras", data_dir="pictures", weights="own.weights.h5"
    )
    assert settings.weights == os.path.abspath("own.weights.h5")
    assert settings.saliency_network == os.path.abspath("network.keras")
    assert settings.data_dir == os.path.abspath("pictures")
    assert SaliencySettings().saliency_network == "inception_resnet_v2"


@pytest.mark.parametrize("change", [{"crop_area": 0.0}, {"colour": 1.5}, {"classes": 0}])
def test_settings_outside_their_range_are_refused(change):
    with pytest.raises(ConfigError, match="must be"):
        SaliencySettings(**change)


def test_flags_are_written_with_dashes():
    assert flag("hash_epochs") == "--hash-epochs"
