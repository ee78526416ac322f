import os

import pytest

from recipes.common.cli import ConfigError
from recipes.triplet.settings import PaperSettings, SaliencySettings, check_alpha


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, "average", float("nan")])
def test_an_alpha_that_keeps_all_or_nothing_is_refused(alpha):
    with pytest.raises(ConfigError, match="--alpha must lie between 0"):
        check_alpha(alpha, "alpha")


def test_alpha_is_a_share_or_mean_or_none_where_nothing_is_cut_out():
    check_alpha(0.4, "alpha")
    check_alpha("mean", "alpha")
    assert PaperSettings(alpha="none", networks=("resnet18",)).alpha == "none"
    with pytest.raises(ConfigError, match=r"leave --networks resnet18\+crop resnet18_i\+crop out"):
        PaperSettings(alpha="none")


def test_files_are_remembered_by_their_whole_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "network.keras").write_text("")
    settings = SaliencySettings(saliency_network="network.keras")
    assert settings.saliency_network == os.path.abspath("network.keras")
    assert SaliencySettings().saliency_network == "inception_resnet_v2"


def test_a_margin_that_is_not_tried_cannot_count():
    with pytest.raises(ConfigError, match="--margin 3 must be one of --margins 1 4"):
        PaperSettings(margin=3.0, margins=(1.0, 4.0))
