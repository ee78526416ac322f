"""The one door, with a recipe that trains nothing."""

import dataclasses

import numpy as np
import pytest

from data_pipelines.records import DataError
from recipes.common.cli import ConfigError, main
from recipes.common.recipe import Recipe, all_of, opened, perform, perform_seeds
from recipes.common.report import Column, Pair, Report, Table
from recipes.common.settings import RunSettings
from tfretrieval.run_folder import RunFolder


@dataclasses.dataclass(frozen=True)
class Config(RunSettings):
    recipe: str = dataclasses.field(default="toy", init=False)


def toy(**changes):
    """A recipe, and the seeds that it was run with."""
    ran = []

    def run(run):
        ran.append(run.config.seed)
        return run.folder.step("net/step", lambda: {"map": run.config.seed / 10})

    def compose(run, results):
        rows = {("a",): {"mAP": float(results["map"])}, ("b",): {"mAP": None}}
        precisions = {("a",): np.full(9, float(results["map"])), ("b",): np.zeros(9)}
        return Report(
            "toy",
            run.config.seed,
            ("about",),
            (Table("", ("row",), (Column("mAP"),), rows),),
            pairs=(Pair(("a",), ("b",)),),
            precisions=precisions,
        )

    parts = {"load": lambda config, folder: "data", "run": run, "compose": compose, **changes}
    return Recipe(**parts), ran


def test_a_finished_run_answers_from_its_report(tmp_path):
    recipe, ran = toy()
    first = perform(recipe, Config(), RunFolder(tmp_path / "run", Config()))
    assert perform(recipe, Config(), RunFolder(tmp_path / "run", Config())) == first
    assert ran == [0] and first.startswith("# toy, seed 0")


def test_a_run_knows_the_seeds_that_it_is_part_of(tmp_path):
    known = []
    recipe, _ = toy(run=lambda run: known.append(run.seeds) or {"map": 0.5})
    perform(recipe, Config(), RunFolder(tmp_path / "alone", Config()))
    perform_seeds(recipe, Config(seed=2), str(tmp_path / "several"), 2)
    assert [list(seeds) for seeds in known] == [[], [2, 3], [2, 3]]


def test_seeds_grow_by_those_that_are_missing(tmp_path, capsys):
    recipe, ran = toy()
    run_dir = ["--run-dir", str(tmp_path / "run"), "--seed", "2"]
    assert main(recipe, Config, "about", [*run_dir, "--seeds", "3"]) == 0
    assert "30.0 ± 10.0" in capsys.readouterr().out
    assert main(recipe, Config, "about", [*run_dir, "--seeds", "5"]) == 0
    printed = capsys.readouterr().out
    assert "40.0 ± 15.8" in printed and "20.0, 30.0, 40.0, 50.0, 60.0" in printed
    assert ran == [2, 3, 4, 5, 6]


def test_several_seeds_go_on_where_they_were_killed(tmp_path):
    killed = {3: True}

    def load(config, folder):
        if killed.pop(config.seed, False):
            raise KeyboardInterrupt
        return "data"

    recipe, ran = toy(load=load)
    argv = ["--run-dir", str(tmp_path / "run"), "--seed", "2", "--seeds", "3"]
    assert main(recipe, Config, "about", argv) == 130
    assert main(recipe, Config, "about", argv) == 0
    assert ran == [2, 3, 4]


def test_a_run_of_one_seed_is_not_written_over_by_several(tmp_path, capsys):
    recipe, _ = toy()
    run_dir = ["--run-dir", str(tmp_path / "run")]
    assert main(recipe, Config, "about", run_dir) == 0
    before = (tmp_path / "run" / "report.md").read_text()
    assert main(recipe, Config, "about", [*run_dir, "--seeds", "2"]) == 2
    assert "choose another --run-dir" in capsys.readouterr().err
    assert (tmp_path / "run" / "report.md").read_text() == before


def test_a_recipe_of_one_choice_has_no_seeds(tmp_path, capsys):
    recipe, ran = toy(once="a weight is chosen once")
    argv = ["--run-dir", str(tmp_path / "run"), "--seeds", "2"]
    assert main(recipe, Config, "about", argv) == 2
    assert "a weight is chosen once: leave --seeds out" in capsys.readouterr().err and not ran


def test_everything_that_is_missing_is_told_in_one_line(tmp_path):
    def lacks(what):
        def check(*_):
            raise what

        return check

    weights, saliency = lacks(ConfigError("no weights")), lacks(ConfigError("no saliency"))
    folder = RunFolder(tmp_path / "run", Config())
    with pytest.raises(ConfigError, match="^no weights; no saliency; no data$"):
        opened(Config(), folder, lacks(DataError("no data")), all_of(weights, saliency))
    with pytest.raises(DataError, match="^no data$"):
        opened(Config(), folder, lacks(DataError("no data")))
    # A fault of ours keeps its own traceback.
    with pytest.raises(KeyError):
        opened(Config(), folder, lacks(KeyError("bug")))
    assert not (tmp_path / "run").exists()


def test_what_is_open_is_what_the_run_gets(tmp_path):
    run = opened(Config(), RunFolder(tmp_path / "run", Config()), lambda *_: "data")
    assert (run.config, run.data) == (Config(), "data")
    assert (run.folder / "environment.json").exists()
