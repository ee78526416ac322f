"""One tiny run of the remedies, end to end."""

import pytest

from recipes import saliency_remedies
from recipes.common.cli import main
from tests.checks import check_recipe
from tests.recipes.pictures import write_folder, write_table_with_boxes
from tests.recipes.results import rows

pytestmark = pytest.mark.usefixtures("eager_training")

SMALL = [
    *("--dataset", "folder", "--source", "folder", "--image-size", "32", "--width", "4"),
    *("--source-epochs", "1", "--epochs", "1", "--batch-size", "12", "--bits", "12"),
    *("--hash-epochs", "2", "--remine", "2", "--alphas", "0.2", "0.6"),
    *("--saliency-layer", "map"),
]
FILES = frozenset({"alpha.npz", "average_precision.npz", "figures", "report.md", "results.json"})
ROWS = [
    "whole picture", "true box", "pretrained", "stage 1", "class maps", "pretrained, chosen alpha",
    "two rounds",
]  # fmt: skip


def run(run_dir, data, *flags):
    argv = [*SMALL, "--data-dir", str(data), "--source-dir", str(data), "--run-dir", str(run_dir)]
    return main(saliency_remedies.RECIPE, saliency_remedies.Config, "about", [*argv, *flags])


@pytest.mark.usefixtures("all_files")
def test_contract(tmp_path, monkeypatch, small_network):
    table = write_table_with_boxes(tmp_path)
    check_recipe(lambda run_dir: run(run_dir, table), tmp_path, table, monkeypatch, FILES, step=20)
    found = {names[0]: figures for names, figures in rows(tmp_path / "whole").items()}
    assert list(found) == ROWS
    assert found["pretrained, chosen alpha"]["alpha"] in ("0.2", "0.6")
    assert found["true box"]["mean IoU"] == found["whole picture"]["box area"] == 1


def test_data_without_boxes_and_wrong_layers_are_one_line(tmp_path, capsys, small_network):
    assert run(tmp_path / "run", write_folder(tmp_path / "pictures")) == 2
    assert "no true boxes" in capsys.readouterr().err
    assert run(tmp_path / "run", tmp_path / "nowhere", "--saliency-layer", "mop") == 2
    assert "near it: map" in capsys.readouterr().err
    assert run(tmp_path / "run", tmp_path / "nowhere", "--alpha", "1") == 2
    assert "--alpha must lie" in capsys.readouterr().err
