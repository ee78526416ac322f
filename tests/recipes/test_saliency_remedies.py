"""One tiny run of the remedies, end to end."""

import json

import numpy as np
from data_pipelines.view_row import CODES

from recipes import saliency_remedies
from recipes.common.cli import main
from recipes.common.report import LOCALIZATION
from tests.checks import check_recipe
from tests.recipes.pictures import write_folder, write_table_with_boxes

SMALL = [
    *("--dataset", "folder", "--source", "folder", "--image-size", "32", "--width", "4"),
    *("--source-epochs", "1", "--epochs", "1", "--batch-size", "8", "--bits", "12"),
    *("--hash-epochs", "2", "--remine", "2", "--alphas", "0.2", "0.6"),
    *("--saliency-layer", "map"),
]
FILES = frozenset({"alpha.npz", "average_precision.npz", "figures", "report.md", "results.json"})
ROWS = [
    "whole picture",
    "true box",
    "pretrained",
    "stage 1",
    "class maps",
    "pretrained, chosen alpha",
    "two rounds",
]


def run(run_dir, table, *flags):
    argv = [*SMALL, "--data-dir", str(table), "--run-dir", str(run_dir), *flags]
    recipe = saliency_remedies
    return main(recipe.Config, recipe.run, recipe.run_seeds, "about", argv)


def test_contract(tmp_path, monkeypatch, small_network):
    table = write_table_with_boxes(tmp_path)
    check_recipe(lambda run_dir: run(run_dir, table), tmp_path, table, monkeypatch, FILES, step=9)
    results = json.loads((tmp_path / "whole" / "results.json").read_text())
    assert list(results["rows"]) == ROWS and results["alpha"] in (0.2, 0.6)
    assert results["rows"]["true box"]["mean_iou"] == 1
    assert results["rows"]["whole picture"]["area"] == 1


def test_several_seeds_in_one_table(tmp_path, capsys, monkeypatch):
    def run_of_a_seed(config, folder):
        generator = np.random.default_rng(config.seed)
        precision = {f"{row}/{codes}": generator.random(12) for row in ROWS for codes in CODES}
        folder.step("average_precision", lambda: precision)
        figures = {
            row: {
                **dict.fromkeys((*LOCALIZATION, "accuracy", "R@1"), generator.random()),
                **{codes: precision[f"{row}/{codes}"].mean() for codes in CODES},
            }
            for row in ROWS
        }
        folder.write_json("results.json", {"rows": figures, "alpha": 0.2})

    monkeypatch.setattr(saliency_remedies, "run", run_of_a_seed)
    assert run(tmp_path / "run", tmp_path, "--seeds", "3") == 0
    printed = capsys.readouterr().out
    assert all(f"| {row}" in printed for row in ROWS) and "Chosen alphas: 0.2, 0.2, 0.2" in printed
    # Every row against the whole picture, and the remedies against what they are to cure.
    assert printed.count(" to ") >= 6 + 4 and "| deviation" in printed
    name = "adaptive triplet"
    differences = []
    for seed in range(3):
        with np.load(tmp_path / f"run/seed-{seed}/average_precision.npz") as one:
            differences.append(one[f"two rounds/{name}"].mean() - one[f"pretrained/{name}"].mean())
    lines = [x for x in printed.splitlines() if x.startswith("| two rounds") and "| pretr" in x]
    cells = [cell.strip() for cell in lines[0].split("|")]
    assert cells[3] == f"{100 * np.mean(differences):+.1f}"
    assert cells[5] == f"{100 * np.std(differences, ddof=1):.1f}"


def test_data_without_boxes_and_wrong_layers_are_one_line(tmp_path, capsys, small_network):
    assert run(tmp_path / "run", write_folder(tmp_path / "pictures")) == 2
    assert "no true boxes" in capsys.readouterr().err
    assert run(tmp_path / "run", tmp_path / "nowhere", "--saliency-layer", "mop") == 2
    assert "near it: map" in capsys.readouterr().err
    assert run(tmp_path / "run", tmp_path / "nowhere", "--alpha", "1") == 2
    assert "--alpha must lie" in capsys.readouterr().err
