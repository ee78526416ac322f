"""The paper's tables on a tiny folder: cells are measured once, and shared."""

import json

import numpy as np
import pytest
from recipes.common.published import CUB, DOGS

from recipes import cars_triplet, cub_triplet, dogs_triplet, folder_triplet
from recipes.common import paper_tables
from recipes.common.cli import main
from tests.recipes.pictures import write_folder

SMALL = [
    *("--image-size", "32", "--width", "4", "--epochs", "1", "--batch-size", "8"),
    *("--bits", "16", "--hash-epochs", "2", "--remine", "2", "--margins", "1"),
]


def run(run_dir, *flags, config=folder_triplet.Config):
    argv = [*SMALL, "--run-dir", str(run_dir), *map(str, flags)]
    recipe = cub_triplet
    return main(config, recipe.run, recipe.run_seeds, "about", argv, run_tables=recipe.run_tables)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("pictures"))


class Interrupted(BaseException):
    pass


def interrupt_after(count, monkeypatch):
    """Every cell beyond ``count`` is stopped before it is written."""
    write, done = paper_tables.RunFolder.write_json, []

    def write_json(self, name, value):
        if name.startswith("cells/"):
            if len(done) == count:
                raise Interrupted
            done.append(name)
        write(self, name, value)

    monkeypatch.setattr(paper_tables.RunFolder, "write_json", write_json)


def test_all_tables_cell_by_cell(tmp_path, pictures, monkeypatch, small_network, capsys):
    flags = ["--data-dir", pictures, "--table", 1, 2, 3]
    with monkeypatch.context() as patch, pytest.raises(Interrupted):
        interrupt_after(1, patch)
        run(tmp_path / "run", *flags)
    begun = (tmp_path / "run" / "table_1.md").read_text()
    assert begun.count("not measured") == 3 + 2 and "61.87" in begun
    assert not (tmp_path / "run" / "table_2.md").exists()

    assert run(tmp_path / "run", *flags) == 0
    printed = capsys.readouterr().out
    assert "table 1, seed 0: resnet18@none-16" not in printed.split("not measured")[-1]
    for number in (1, 2, 3):
        text = (tmp_path / "run" / f"table_{number}.md").read_text()
        assert text in printed
        assert "not measured" not in text.split("statement")[0]
    # Whole pictures once for tables 1 and 2, alpha 0.4 once for tables 2 and 3.
    assert len(list((tmp_path / "run" / "cells").iterdir())) == 2 + 6 + 4 - 2
    for name in ("figure_4", "figure_5", "figure_7"):
        assert (tmp_path / "run" / "figures" / f"{name}.png").stat().st_size > 5000

    again = tmp_path / "again"
    assert run(again, "--data-dir", pictures, "--table", 1) == 0
    cell = "cells/resnet18@none-16.json"
    assert (again / cell).read_text() == (tmp_path / "run" / cell).read_text()


def test_several_seeds_give_a_mean_and_a_gain_each(tmp_path, pictures, small_network, capsys):
    flags = ["--data-dir", pictures, "--table", 1, "--seeds", 2]
    assert run(tmp_path / "run", *flags) == 0
    cells = [
        json.loads((tmp_path / f"run/seed-{seed}/cells/resnet18@none-16.json").read_text())
        for seed in (0, 1)
    ]
    triplet, codes = "adaptive triplet", "cross-entropy codes"
    mean = 100 * np.mean([cell[triplet] for cell in cells])
    gains = ", ".join(f"{100 * (cell[triplet] - cell[codes]):+.1f}" for cell in cells)
    printed = capsys.readouterr().out
    assert f"| {mean:.1f} ± " in printed and f"| {gains} " in printed


def test_published_figures_stand_beside_ours(tmp_path, monkeypatch):
    published = {}
    for recipe in (cub_triplet, dogs_triplet, cars_triplet):
        config = recipe.Config()
        published[recipe] = config.published
        text = "\n".join(
            paper_tables._lengths(
                config, {cell: [] for cell in paper_tables.cells(3, config)}, seeds=1
            )
        )
        assert ("published" in text.split("statement")[0]) == (config.published is not None)
        assert text.count("not measured") == 2 * 4 + 1
    assert list(published.values()) == [CUB, DOGS, None]
    assert CUB.fph == ("51.69", "58.32", "61.24", "62.33")


def test_a_table_chooses_nothing(tmp_path, pictures, capsys):
    flags = ["--data-dir", pictures, "--table", 1, "--protocol", "selected"]
    assert run(tmp_path / "run", *flags) == 2
    assert "--protocol selected" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
