"""One tiny run of the sweep over thresholds, end to end."""

import json

import numpy as np
import pytest
from data_pipelines.view_row import CODES

from recipes import saliency_sheet
from recipes.common.cli import main
from recipes.common.report import LOCALIZATION
from tests.checks import check_recipe
from tests.recipes.pictures import write_folder, write_table_with_boxes

SMALL = [
    *("--dataset", "folder", "--image-size", "32", "--width", "4", "--epochs", "1"),
    *("--batch-size", "8", "--bits", "12", "--hash-epochs", "2", "--remine", "2"),
    *("--saliency-network", "stage1", "--network", "resnet18", "--weights", "none"),
]
FILES = frozenset({"average_precision.npz", "figures", "report.md", "results.json", "saliency"})


def run(run_dir, *flags):
    argv = [*SMALL, "--run-dir", str(run_dir), *map(str, flags)]
    recipe = saliency_sheet
    return main(recipe.Config, recipe.run, recipe.run_seeds, "about", argv)


def test_contract(tmp_path, monkeypatch, small_network):
    table = write_table_with_boxes(tmp_path)

    def one(run_dir):
        return run(run_dir, "--data-dir", table, "--alphas", "0.4", "none")

    check_recipe(one, tmp_path, table, monkeypatch, FILES, step=5)
    for name in ("saliency", "feature_maps"):
        assert (tmp_path / "whole" / "figures" / f"{name}.png").stat().st_size > 5000


def test_every_alpha_is_cut_from_one_table_and_both_greys_are_measured(tmp_path, small_network):
    table = write_table_with_boxes(tmp_path)
    assert run(tmp_path / "run", "--data-dir", table, "--alphas", "0.4", "mean", "0.8") == 0
    assert [file.name for file in (tmp_path / "run" / "saliency").glob("*.npz")] == ["maps.npz"]
    located = json.loads((tmp_path / "run" / "results.json").read_text())["localization"]
    boxes = {"0.4", "mean", "0.8"} | {f"{a}, viridis_luma" for a in ("0.4", "mean", "0.8")}
    assert set(located) == boxes | {"whole picture", "centre 70 %"}
    assert located["0.8"]["area"] < located["0.4"]["area"] <= located["whole picture"]["area"]
    # Viridis gives a map's value of 102 the brightness 92, which alpha 0.4 drops.
    assert located["0.4, viridis_luma"]["area"] < located["0.4"]["area"]


def test_data_without_boxes_give_table_2_alone(tmp_path, small_network):
    pictures = write_folder(tmp_path / "pictures")
    assert run(tmp_path / "run", "--data-dir", pictures, "--alphas", "0.5", "none") == 0
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert set(results["rows"]) == {"0.5", "none"} and not results["localization"]
    for row in results["rows"].values():
        assert np.min(list(row.values())) >= 0 and np.max(list(row.values())) <= 1


def test_several_seeds_in_one_table(tmp_path, capsys, monkeypatch):
    def run_of_a_seed(config, folder):
        value = 0.5 + 0.1 * config.seed
        folder.step("average_precision", lambda: {"0.4/x": np.full(3, value)})
        row = dict.fromkeys(("accuracy", *CODES, "R@1", "held out"), value)
        located = dict.fromkeys(LOCALIZATION, value)
        folder.write_json("results.json", {"rows": {"0.4": row}, "localization": {"0.4": located}})

    monkeypatch.setattr(saliency_sheet, "run", run_of_a_seed)
    assert run(tmp_path / "run", "--seeds", "3") == 0
    assert capsys.readouterr().out.count("60.0 ± 10.0") == 5 + 4


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--alphas", "0"], "--alphas must lie between 0"),
        (["--alphas", "1", "0.4"], "--alphas must lie between 0"),
        (["--alphas", "0.4", "0.4"], "names a threshold twice"),
        (["--alphas", "none"], "needs a threshold beside none"),
        (["--saliency-network", "vgg"], "--saliency-network must be stage1"),
        (["--saliency-network", "inception_v3"], "ImageNet weights of inception_v3"),
        (["--saliency-network", "resnet18"], "ImageNet weights of resnet18"),
        (["--weights", "imagenet"], "of width 64, this network's is 4"),
        (["--weights", "imagenet", "--width", "64"], "ImageNet weights of resnet18"),
        (["--saliency-layer", "nowhere"], "no layer 'nowhere'"),
        (["--saliency-layer", "logits"], "gives no map"),
    ],
)
def test_bad_settings_are_one_line_before_anything_is_trained(
    tmp_path, capsys, monkeypatch, flags, message
):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "no weights"))
    assert run(tmp_path / "run", "--data-dir", tmp_path / "nowhere", *flags) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and message in error


def test_the_paper_s_thresholds_are_the_defaults():
    config = saliency_sheet.Config()
    assert config.alphas == (0.2, 0.3, 0.4, 0.5, 0.6, "none")
    assert (config.saliency_network, config.region) == ("inception_resnet_v2", "box")
