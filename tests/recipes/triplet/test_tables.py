"""The paper's tables on a tiny folder: cells are measured once, and shared."""

import json

import numpy as np
import pytest

from recipes import cub_triplet, folder_triplet
from recipes.common.cli import main
from recipes.triplet import tables
from recipes.triplet.work import cells
from tests.recipes.triplet.tiny import FLAGS

pytestmark = pytest.mark.usefixtures("eager_training")

FEW = ["--bits", "16", "--hash-epochs", "2", "--margins", "1"]


def run(run_dir, *flags):
    argv = [*FLAGS, *FEW, "--run-dir", str(run_dir), *map(str, flags)]
    return main(folder_triplet.RECIPE, folder_triplet.Config, "about", argv)


class Interrupted(BaseException):
    pass


def interrupt_after(count, monkeypatch):
    """Every cell beyond ``count`` is stopped before it is written."""
    write, done = tables.RunFolder.write_json, []

    def write_json(self, name, value):
        if name.startswith("cells/"):
            if len(done) == count:
                raise Interrupted
            done.append(name)
        write(self, name, value)

    monkeypatch.setattr(tables.RunFolder, "write_json", write_json)


@pytest.mark.usefixtures("all_files")
def test_all_tables_cell_by_cell(tmp_path, triplet_pictures, monkeypatch, small_network, capsys):
    flags = ["--data-dir", triplet_pictures, "--table", 1, 2, 3]
    with monkeypatch.context() as patch, pytest.raises(Interrupted):
        interrupt_after(1, patch)
        run(tmp_path / "run", *flags)
    begun = (tmp_path / "run" / "table_1.md").read_text()
    # A row of four figures, and two statements.
    assert begun.count("not measured") == 4 + 2
    assert not (tmp_path / "run" / "table_2.md").exists()

    assert run(tmp_path / "run", *flags) == 0
    printed = capsys.readouterr().out
    assert "table 1, seed 0: resnet18@none-16" not in printed.split("not measured")[-1]
    for number in (1, 2, 3):
        text = (tmp_path / "run" / f"table_{number}.md").read_text()
        assert text in printed
        assert "not measured" not in text.split("statement")[0]
        assert (tmp_path / "run" / f"table_{number}.json").exists()
        assert (tmp_path / "run" / f"table_{number}.csv").exists()
    # Whole pictures once for tables 1 and 2, alpha 0.4 once for tables 2 and 3.
    assert len(list((tmp_path / "run" / "cells").iterdir())) == 2 + 6 + 4 - 2
    for name in ("figure_4", "figure_5", "figure_7"):
        assert (tmp_path / "run" / "figures" / f"{name}.png").stat().st_size > 5000

    again = tmp_path / "again"
    assert run(again, "--data-dir", triplet_pictures, "--table", 1) == 0
    cell = "cells/resnet18@none-16.json"
    assert (again / cell).read_text() == (tmp_path / "run" / cell).read_text()


def test_several_seeds_give_a_mean_and_a_gain_each(
    tmp_path, triplet_pictures, small_network, capsys
):
    flags = ["--data-dir", triplet_pictures, "--table", 1, "--seeds", 2]
    assert run(tmp_path / "run", *flags) == 0
    measured = [
        json.loads((tmp_path / f"run/seed-{seed}/cells/resnet18@none-16.json").read_text())
        for seed in (0, 1)
    ]
    triplet, codes = "mAP, adaptive triplet", "mAP, cross-entropy codes"
    mean = 100 * np.mean([cell[triplet] for cell in measured])
    printed = capsys.readouterr().out
    assert f"| {mean:.1f} ± " in printed
    statement = json.loads((tmp_path / "run/table_1.json").read_text())["tables"][1]["rows"][0]
    gains = [100 * (cell[triplet] - cell[codes]) for cell in measured]
    assert statement["figures"]["ours"] == pytest.approx(gains)


def composed(config, measured=None):
    """The three tables of a configuration, with the same figures in every cell."""
    compose = {1: tables._networks, 2: tables._thresholds, 3: tables._lengths}
    return {
        number: compose[number](
            config, "set", {cell: measured or {} for cell in cells(number, config)}
        )
        for number in compose
    }


def test_published_figures_stand_beside_all_of_their_own_data_alone():
    whole = composed(cub_triplet.Config())
    assert ("ResNet18", "published, CUB-200-2011") in whole[1][0].rows
    fph = whole[3][0].rows[("FPH, published, CUB-200-2011",)]
    assert [fph[f"{bits} bits"] for bits in (16, 32, 48, 64)] == list(
        tables.published_beside(cub_triplet.Config()).fph
    )
    for change in ({"classes": 20}, {"split": "zero_shot"}, {"dataset": "folder"}):
        for table, statements in composed(cub_triplet.Config(**change)).values():
            assert not any("published" in name for names in table.rows for name in names)
            claims = {row["published"] for row in statements.rows.values()}
            assert claims <= {"-", "no clear change", "higher on Stanford Dogs", "yes"}


@pytest.mark.parametrize("value, above", [(0.55, "at 1 of 4"), (0.9, "at 4 of 4")])
def test_fph_is_beaten_by_all_of_cub_alone(value, above):
    figures = {"accuracy": 0.5, "mAP, adaptive triplet": value, "mAP, cross-entropy codes": 0.1}
    said = "above FPH at every length on CUB-200-2011"
    assert composed(cub_triplet.Config(), figures)[3][1].rows[(said,)]["ours"] == above
    part = composed(cub_triplet.Config(classes=20), figures)
    assert part[3][1].rows[(said,)]["ours"] == "not measured"


def test_figures_that_are_not_defined_crash_no_table():
    """Accuracy of classes that were never trained on."""
    names = ("accuracy", "mAP, cross-entropy codes", "mAP, adaptive triplet")
    table, statements = composed(cub_triplet.Config(), dict.fromkeys(names))[1]
    assert statements.rows[("the block, accuracy",)]["ours"] is None
    assert table.rows["ResNet18", "ours"]["accuracy"] is None


def test_data_weights_and_who_looked_stand_in_every_table(
    tmp_path, triplet_pictures, small_network, capsys
):
    flags = ["--data-dir", triplet_pictures, "--classes", 2, "--table", 3]
    assert run(tmp_path / "run", *flags) == 0
    printed = capsys.readouterr().out
    assert "2 classes, 32 pixels, width 4, weights none" in printed and "a subset" in printed
    assert "Saliency network: stage1, weights its own" in printed and "region box" in printed


def test_a_table_of_whole_pictures_asks_for_no_saliency_network(
    tmp_path, triplet_pictures, small_network, monkeypatch
):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    flags = ["--data-dir", triplet_pictures, "--saliency-network", "inception_v3"]
    assert run(tmp_path / "run", *flags, "--table", 1) == 0
    assert run(tmp_path / "other", *flags, "--table", 2) == 2


def test_a_table_chooses_nothing(tmp_path, triplet_pictures, capsys):
    flags = ["--data-dir", triplet_pictures, "--table", 1, "--protocol", "selected"]
    assert run(tmp_path / "run", *flags) == 2
    assert "--protocol selected" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
