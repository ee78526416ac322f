"""The one door: how a recipe is opened, run, and its report written, with one seed or several."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from recipes import common
from recipes.common.cli import ConfigError, require
from recipes.common.opened import Opened
from tfretrieval.run_folder import RunFolder, folder_of_seeds

if TYPE_CHECKING:
    from recipes.common.report import Report
    from recipes.common.settings import RunSettings

C = TypeVar("C", bound="RunSettings")
D = TypeVar("D")
R = TypeVar("R")


def _nothing(config: Any) -> None:
    """Nothing has to be there but the data."""


@dataclasses.dataclass(frozen=True)
class Recipe(Generic[C, D, R]):
    """An experiment.

    Attributes:
        load: opens the data of a configuration, and writes what they are beside the run.
        run: does what is missing in the run's folder, and returns its numbers.
        compose: the report of these numbers.
        check: raises what is wrong with networks and weights, before hours are spent.
        tables: ``tables(config, run_dir, seeds, numbers)`` makes tables of the paper.
        plan: ``plan(config, seeds, numbers)`` says what a run, or these tables, will take.
        once: why it is not run with several seeds; empty where it is.
    """

    load: Callable[[C, RunFolder], D]
    run: Callable[[Opened[C, D]], R]
    compose: Callable[[Opened[C, D], R], Report]
    check: Callable[[C], None] = _nothing
    tables: Callable[[C, str, int, Sequence[int]], str] | None = None
    plan: Callable[[C, int, Sequence[int]], str] | None = None
    once: str = ""


def opened(
    config: C,
    folder: RunFolder,
    load: Callable[[C, RunFolder], D],
    check: Callable[[C], None] = _nothing,
) -> Opened[C, D]:
    """Starts TensorFlow, checks networks, opens the data, and records what it all ran on.

    Args:
        load, check: of a :class:`Recipe`.

    Raises:
        ConfigError: everything that is missing, in one line.
    """
    strategy = common.session.start(config)
    missing = []
    try:
        check(config)
    except ConfigError as error:
        missing.append(error)
    try:
        data = load(config, folder)
    except ValueError as error:
        # Of a bug nothing may be hidden: only what is told in one line is joined.
        if not missing or not common.cli.is_input_error(error):
            raise
        missing.append(error)  # type: ignore[arg-type]
    if missing:
        raise ConfigError("; ".join(map(str, missing))) from missing[0]
    common.session.record(config, folder)
    return Opened(config, data, folder, strategy)


def all_of(*checks: Callable[[Any], None]) -> Callable[[Any], None]:
    """A check that tells all that is missing, not the first of it."""

    def check(config: Any) -> None:
        missing = []
        for one in checks:
            try:
                one(config)
            except ConfigError as error:
                missing.append(str(error))
        if missing:
            raise ConfigError("; ".join(missing))

    return check


def perform(
    recipe: Recipe[C, D, R], config: C, folder: RunFolder, seeds: Sequence[int] = ()
) -> str:
    """Runs the experiment in its folder, or what of it is missing there; returns the report."""
    if (folder / "report.md").exists():
        return (folder / "report.md").read_text(encoding="utf-8")
    run = opened(config, folder, recipe.load, recipe.check)
    run = dataclasses.replace(run, seeds=seeds)
    results = recipe.run(run)
    if not folder.workers.is_chief:
        return folder.wait_for("report.md").read_text(encoding="utf-8")
    report = recipe.compose(run, results)
    common.model_card.write(run, report)
    return common.report.write(report, folder)


def perform_seeds(recipe: Recipe[C, D, R], config: C, run_dir: str, seeds: int) -> str:
    """The experiment with several seeds, a folder each, and their common report.

    Seeds that were run are not run again: three grow to five by the two that are missing.
    """
    require(not recipe.once, f"{recipe.once}: leave --seeds out")
    folder = folder_of_seeds(run_dir, config)
    reports, wanted = [], range(config.seed, config.seed + seeds)
    for seed in wanted:
        print(f"seed {seed}", flush=True)
        one = dataclasses.replace(config, seed=seed)
        inside = RunFolder(folder / f"seed-{seed}", one)
        perform(recipe, one, inside, wanted)
        reports.append(common.report.read(inside))
    return common.report.write_as("report", reports, folder)
