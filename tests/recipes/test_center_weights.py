"""Tiny runs that weigh a center loss by held-out pictures, end to end."""

import numpy as np
import pytest

from recipes.center_weights import RECIPE, Config
from recipes.common.cli import ConfigError, main
from tests.recipes.pictures import write_folder
from tests.recipes.results import rows
from tfretrieval.run_folder import RunFolder

SMALL = [
    *("--dataset", "folder", "--image-size", "16", "--width", "4", "--weights", "none"),
    *("--epochs", "2", "--batch-size", "8", "--losses", "ratio", "--lambdas", "0.1", "1"),
]


def run(run_dir, pictures, *flags):
    argv = [*SMALL, "--data-dir", str(pictures), "--run-dir", str(run_dir), *flags]
    return main(RECIPE, Config, "about", argv)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("pictures"))


@pytest.mark.usefixtures("eager_training")
def test_the_weights_are_weighed_by_held_out_pictures(tmp_path, pictures, capsys, small_network):
    flags = ("--training", "frozen", "--held-out", "0.3")
    assert run(tmp_path / "run", pictures, *flags) == 0
    found = rows(tmp_path / "run")
    name = "softmax + improved (ratio)"
    assert list(found) == [("softmax", "0"), (name, "0.1"), (name, "1")]
    best = max(("0.1", "1"), key=lambda weight: found[name, weight]["mAP held out, Euclidean"])
    chosen = rows(tmp_path / "run", "The weights that are chosen")
    assert {names: row["weight"] for names, row in chosen.items()} == {(name,): best}
    assert "mAP held out, Euclidean" in capsys.readouterr().out


@pytest.mark.parametrize("share, each", [(0.1, 1), (0.3, 3)])
@pytest.mark.usefixtures("eager_training")
def test_the_share_that_is_held_out_is_the_users(tmp_path, pictures, share, each):
    config = Config(dataset="folder", data_dir=str(pictures), held_out=share)
    data = RECIPE.load(config, RunFolder(tmp_path / "run", config))
    assert np.bincount(data.records.labels[data.held_out]).tolist() == [each] * 3


@pytest.mark.usefixtures("eager_training")
def test_a_weight_is_chosen_once(tmp_path, pictures, capsys):
    assert run(tmp_path / "run", pictures, "--seeds", "2") == 2
    assert capsys.readouterr().err == "error: a weight is chosen once: leave --seeds out\n"
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("change", [{"lambdas": (-1.0,)}, {"held_out": 0.0}], ids=str)
@pytest.mark.usefixtures("eager_training")
def test_settings_outside_their_range_are_one_line(change):
    with pytest.raises(ConfigError, match="--"):
        Config(**change)
