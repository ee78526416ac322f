"""Who is trained on, what is chosen and by which pictures, under the three protocols."""

import json

import numpy as np
import pytest

from recipes import cub_triplet, folder_triplet
from recipes.common.cli import main
from tests.recipes.pictures import write_folder

SMALL = [
    *("--image-size", "32", "--width", "4", "--epochs", "1", "--batch-size", "8"),
    *("--bits", "12", "--hash-epochs", "6", "--remine", "2", "--margins", "1", "4"),
    *("--networks", "resnet18"),
]


def run(run_dir, *flags):
    argv = [*SMALL, "--run-dir", str(run_dir), *map(str, flags)]
    return main(folder_triplet.Config, cub_triplet.run, cub_triplet.run_seeds, "about", argv)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("pictures"))


def results(folder):
    return json.loads((folder / "results.json").read_text())


def epochs(folder, head):
    with np.load(folder / "resnet18" / f"{head}.npz") as file:
        return int(file["history_epoch"][-1])


def test_paper_holds_nothing_out_and_takes_the_margin_that_was_set(
    tmp_path, pictures, small_network
):
    flags = ["--data-dir", pictures, "--protocol", "paper", "--margin", "4"]
    assert run(tmp_path / "run", *flags) == 0
    assert json.loads((tmp_path / "run" / "data.json").read_text())["held out"] == []
    found = results(tmp_path / "run")
    assert found["best margin"] == {"resnet18": "fixed-4"}
    assert set(found["held out"]["resnet18"].values()) == {None}
    report = (tmp_path / "run" / "report.md").read_text()
    assert "24 training pictures, " in report and "held out for" not in report


def test_selected_trains_all_with_what_held_out_pictures_chose(tmp_path, pictures, small_network):
    assert run(tmp_path / "run", "--data-dir", pictures, "--protocol", "selected") == 0
    folder, trial = tmp_path / "run", tmp_path / "run" / "choice"
    # What the run inside chooses is what it would choose alone.
    assert run(tmp_path / "alone", "--data-dir", pictures, "--protocol", "held_out") == 0
    assert results(trial)["test"] == results(tmp_path / "alone")["test"]
    assert json.loads((folder / "data.json").read_text())["held out"] == []
    assert len(json.loads((trial / "data.json").read_text())["held out"]) == 3

    held_out = {}
    for head in results(trial)["held out"]["resnet18"]:
        with np.load(trial / "resnet18" / f"{head}.npz") as file:
            curve, rounds = file["history_map_held_out"][1:], file["history_epoch"][1:]
        assert epochs(trial, head) == 6
        assert epochs(folder, head) == rounds[curve.argmax()]
        held_out[head] = curve.max()
    assert results(folder)["held out"]["resnet18"] == held_out
    fixed = {head: value for head, value in held_out.items() if head.startswith("fixed")}
    assert results(folder)["best margin"]["resnet18"] == max(fixed, key=fixed.get)


def test_a_margin_that_is_not_tried_cannot_count(tmp_path, pictures, capsys):
    flags = ["--data-dir", pictures, "--protocol", "paper", "--margin", "3"]
    assert run(tmp_path / "run", *flags) == 2
    assert "--margin 3 must be one of --margins 1 4" in capsys.readouterr().err
