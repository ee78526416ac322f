"""One tiny comparison, end to end."""

import pytest

from recipes import compare
from recipes.common.cli import main
from tests.checks import RUN_FILES, check_recipe
from tests.recipes.comparison.flags import FLAGS

EXPORTED = {"codes.npz", "encoder.weights.h5", "model.keras", "model_card.md", "savedmodel"}


def run(run_dir, pictures, *flags):
    argv = [*FLAGS, "--data-dir", str(pictures), "--run-dir", str(run_dir), *flags]
    return main(compare.RECIPE, compare.Config, "about", argv)


@pytest.mark.usefixtures("eager_training")
def test_contract(tmp_path, comparison_pictures, monkeypatch, small_network):
    flags = ("--methods", "cosine", "itq", "dsh", "adaptive_triplet", "--hash-input", "features")
    check_recipe(
        lambda run_dir: run(run_dir, comparison_pictures, *flags),
        tmp_path,
        comparison_pictures,
        monkeypatch,
        RUN_FILES - EXPORTED | {"features", "choice"},
        step=6,
    )


def test_without_choices_nothing_is_held_out(
    tmp_path, comparison_pictures, small_network, eager_training, capsys
):
    assert run(tmp_path / "run", comparison_pictures, "--methods", "dpsh", "--no-choose") == 0
    assert "nothing was chosen" in capsys.readouterr().out
    assert not (tmp_path / "run" / "choice").exists()


def test_what_is_missing_is_told_at_once(tmp_path, comparison_pictures, capsys):
    assert run(tmp_path / "run", comparison_pictures, "--view", "box") == 2
    assert "has no true boxes: take another --view" in capsys.readouterr().err
