"""A report of one seed and of several; figures that are not defined or were not measured."""

import csv
import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from recipes.common import report
from recipes.common.report import Column, Pair, Report, Table
from tfretrieval.evaluation import paired_bootstrap
from tfretrieval.run_folder import RunFolder

pytestmark = pytest.mark.usefixtures("all_files")

OURS, PLAIN = ("net", "ours"), ("net", "plain")


@dataclasses.dataclass(frozen=True)
class Config:
    seed: int = 0


class Drawn:
    """A figure of matplotlib, as far as it is asked."""

    def savefig(self, path, dpi):
        Path(path).write_bytes(b"figure")


def made(seed=0, ours=0.5, chosen="4", note="each", **changes):
    generator = np.random.default_rng(seed)
    plain = generator.uniform(size=40)
    return dataclasses.replace(
        Report(
            title="recipe on set",
            seed=seed,
            about=("30 pictures.", f"Began on {seed}."),
            tables=(
                Table(
                    "",
                    ("network", "codes"),
                    (Column("mAP"), Column("length", ""), Column("margin", "")),
                    {
                        OURS: {"mAP": ours, "length": 12.34, "margin": chosen},
                        PLAIN: {"mAP": 0.25, "length": float("nan"), "margin": None},
                    },
                    ("- mAP: mean.", f"- {note}."),
                ),
            ),
            pairs=(Pair(OURS, PLAIN),),
            precisions={OURS: plain + 0.1, PLAIN: plain},
            histories={"net": {"loss": np.array([1.0, np.nan]), "epoch": np.array([3, 6])}},
            seconds={"training": 1.5},
            figures={"curve": Drawn},
        ),
        **changes,
    )


def folder_of(tmp_path, name="run"):
    return RunFolder(tmp_path / name, Config())


def cells(text, first):
    (line,) = (line for line in text.splitlines() if line.startswith(f"| {first} "))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_one_seed_shows_its_values(tmp_path):
    text = report.write(made(), folder_of(tmp_path))
    assert text.startswith("# recipe on set, seed 0\n")
    assert "| net     | ours  | 50.0 | 12.3   | 4      |" in text
    assert "| net     | plain | 25.0 | -      | -      |" in text
    assert "- mAP: mean." in text and "±" not in text and "figures/curve.png" in text
    assert (tmp_path / "run" / "report.md").read_text() == text


def test_several_seeds_show_mean_deviation_and_each_value(tmp_path):
    reports = [made(0), made(1, ours=0.6, chosen="8"), made(5, ours=0.7, chosen="4")]
    text = report.write_as("report", reports, folder_of(tmp_path))
    assert text.startswith("# recipe on set, seeds 0, 1, 5\n")
    means, values = (line for line in text.splitlines() if line.startswith("| net     | ours"))
    assert "60.0 ± 10.0" in means and "12.3 ± 0" in means and "4, 8" in means
    assert "50.0, 60.0, 70.0" in values and "4, 8, 4" not in values.replace("4, 8, 4 ", "")
    assert "Mean ± standard deviation over the seeds 0, 1, 5" in text


def test_what_a_seed_says_of_itself_stands_beside_its_number(tmp_path):
    reports = [made(0, note="chosen by 0"), made(1, note="chosen by 1")]
    text = report.write_as("report", reports, folder_of(tmp_path))
    assert "30 pictures.\nSeed 0: Began on 0.\nSeed 1: Began on 1." in text
    assert "- mAP: mean." in text and "chosen by" not in text


def test_differences_are_those_of_the_same_seed(tmp_path):
    """Of queries that have an average precision: a value a seed, the bootstrap of the mean."""
    reports = [made(0), made(1)]
    reports[1].precisions[PLAIN][7] = np.nan
    pair = json_of(tmp_path, reports)["pairs"][0]
    assert pair["first"] == list(OURS) and pair["values"] == pytest.approx([0.1, 0.1])
    kept = np.arange(40) != 7
    ours, plain = (np.mean([r.precisions[k][kept] for r in reports], axis=0) for k in (OURS, PLAIN))
    expected = paired_bootstrap(ours, plain)
    assert [pair[k] for k in ("difference", "low", "high")] == pytest.approx(list(expected))


def json_of(tmp_path, reports):
    folder = folder_of(tmp_path)
    report.write_as("report", reports, folder)
    return folder.read_json("results.json")


def test_undefined_figures_crash_nothing_and_are_told_apart_from_unmeasured_ones(tmp_path):
    nothing = {OURS: np.full(40, np.nan), PLAIN: np.zeros(40)}
    reports = [made(seed, ours=float("nan"), precisions=nothing) for seed in (0, 1)]
    absent = dataclasses.replace(reports[1].tables[0], rows={PLAIN: {"mAP": 0.5}})
    reports[1] = dataclasses.replace(reports[1], tables=(absent,))
    written = json_of(tmp_path, reports)
    rows = {tuple(row["names"]): row["figures"] for row in written["tables"][0]["rows"]}
    assert rows[OURS]["mAP"] == [None, "not measured"] and rows[PLAIN]["mAP"] == [0.25, 0.5]
    assert written["pairs"][0]["difference"] is None
    text = (tmp_path / "run" / "report.md").read_text()
    assert "| net, ours | net, plain | -              | -             | -, -           |" in text
    assert "-, not measured" in text
    alone = [dataclasses.replace(made(), tables=(absent,))]
    assert "not measured" in "\n".join(report.table_lines(alone[0].tables))


def test_markdown_json_and_csv_say_the_same(tmp_path):
    written = json_of(tmp_path, [made(0), made(1, ours=0.75)])
    with open(tmp_path / "run" / "results.csv", newline="") as stream:
        values = list(csv.DictReader(stream))
    ours = [float(v["value"]) for v in values if v["row"] == "net, ours" and v["figure"] == "mAP"]
    assert ours == written["tables"][0]["rows"][0]["figures"]["mAP"] == [0.5, 0.75]
    assert {v["unit"] for v in values if v["figure"] == "mAP"} == {"%"}
    assert [v["value"] for v in values if v["row"] == "net, plain" and v["figure"] == "length"] == [
        "",
        "",
    ]
    assert written["seeds"] == [0, 1] and written["seconds"] == {"training": [1.5, 1.5]}


def test_what_is_read_is_what_was_written(tmp_path):
    folder = folder_of(tmp_path)
    text = report.write(made(), folder)
    again = report.read(folder)
    assert report.write_as("again", [again], folder) == text
    assert folder.read_json("again.json") == folder.read_json("results.json")


def test_numbers_are_on_the_disk_before_anything_is_drawn(tmp_path):
    def broken():
        raise ValueError("no font")

    folder = folder_of(tmp_path)
    with pytest.raises(ValueError, match="no font"):
        report.write(made(figures={"broken": broken}), folder)
    names = {path.name for path in folder.path.iterdir()}
    assert {"results.json", "results.csv", "metrics.jsonl", "average_precision.npz"} <= names
    assert "report.md" not in names
    report.write(made(), folder)
    assert (folder / "figures/curve.png").read_bytes() == b"figure"


def test_an_epoch_is_a_line_of_metrics(tmp_path):
    report.write(made(), folder_of(tmp_path))
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"row": "net", "epoch": 3, "loss": 1.0},
        {"row": "net", "epoch": 6, "loss": None},
    ]


def test_a_bar_in_a_name_does_not_end_its_cell():
    lines = list(report.markdown(["a", "b"], [["x|y", "z"]]))
    assert lines == ["| a    | b |", "|------|---|", "| x\\|y | z |"]
