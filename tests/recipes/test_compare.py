"""One tiny comparison, end to end."""

import pytest

from recipes import compare
from recipes.common.cli import main
from tests.checks import RUN_FILES, check_recipe
from tests.recipes.comparison.flags import FEW_TRIALS, FLAGS

EXPORTED = {"codes.npz", "encoder.weights.h5", "model.keras", "model_card.md", "savedmodel"}


def run(run_dir, pictures, *flags):
    argv = [*FLAGS, "--data-dir", str(pictures), "--run-dir", str(run_dir), *flags]
    return main(compare.RECIPE, compare.Config, "about", argv)


@pytest.mark.usefixtures("eager_training", "all_files")
def test_contract(tmp_path, comparison_pictures, monkeypatch, small_network):
    monkeypatch.setattr("recipes.comparison.search.TRIALS", FEW_TRIALS)
    flags = ("--methods", "cosine", "itq", "dsh", "adaptive_triplet", "--hash-input", "features")
    check_recipe(
        lambda run_dir: run(run_dir, comparison_pictures, *flags),
        tmp_path,
        comparison_pictures,
        monkeypatch,
        RUN_FILES - EXPORTED | {"features", "choice"},
        step=7,
    )
    assert all(file.stat().st_size > 10_000 for file in (tmp_path / "whole/figures").iterdir())


@pytest.mark.usefixtures("all_files")
def test_whole_networks_without_choices(
    tmp_path, comparison_pictures, small_network, eager_training, capsys
):
    flags = ["--methods", "dpsh", "--no-choose", "--hash-input", "features"]
    flags += ["--end-to-end", "--fine-tune-epochs", "2"]
    assert run(tmp_path / "run", comparison_pictures, *flags) == 0
    printed = capsys.readouterr().out
    assert "nothing was chosen" in printed and not (tmp_path / "run" / "choice").exists()
    assert "# All methods, whole networks, on resnet18" in printed
    assert "Then each network was trained with its head, 2 epochs" in printed
    # Of every length one, of which the codes alone are left.
    left = {str(file.relative_to(tmp_path / "run")) for file in tmp_path.rglob("network/*/*")}
    assert left == {f"network/dpsh-{bits}/codes.npz" for bits in (4, 6)}


def test_what_is_missing_is_told_at_once(tmp_path, comparison_pictures, capsys):
    assert run(tmp_path / "run", comparison_pictures, "--view", "box") == 2
    assert "has no true boxes: take another --view" in capsys.readouterr().err
