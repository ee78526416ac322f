"""Progress over the cells of all seeds, and what is expected of those that are missing."""

import dataclasses
import types

import numpy as np
import pytest

from recipes.comparison.cells import names
from recipes.comparison.progress import ELAPSED, Progress, timed
from tests.recipes.comparison.tiny import CONFIG
from tfretrieval.run_folder import RunFolder, RunFolderError

CELLS = ["choice/features/dsh", "features/lsh", "features/dsh"]


def begun(folder, seeds=(), seed=0, training="frozen"):
    """A run of a seed, and its progress."""
    config = dataclasses.replace(CONFIG, training=training)
    folder = RunFolder(folder / f"seed-{seed}" if seeds else folder, config)
    run = types.SimpleNamespace(folder=folder, config=config, seeds=seeds)
    return folder, Progress(run, CELLS)


def make(folder, progress, cell, seconds):
    with progress.cell(cell):
        folder.step(cell, lambda: {ELAPSED: seconds})


def test_a_log_has_a_line_a_cell_with_the_time_left(tmp_path, capsys):
    folder, progress = begun(tmp_path / "run")
    assert progress.left() == "?"
    make(folder, progress, CELLS[0], 60.0)
    # Nothing is known of its kind yet.
    assert progress.left() == "?"
    make(folder, progress, CELLS[1], 10.0)
    assert capsys.readouterr().out.splitlines() == [
        "choice/features/dsh: 01:00; 1 of 3 cells, ? left",
        "features/lsh: 00:10; 2 of 3 cells, about 00:10 left",
    ]
    progress.close()


def test_seeds_that_are_to_come_take_what_the_first_took(tmp_path):
    folder, progress = begun(tmp_path, seeds=range(3))
    for cell, seconds in zip(CELLS, (100.0, 1.0, 9.0), strict=True):
        make(folder, progress, cell, seconds)
    # Behind a frozen network nothing is chosen again.
    assert progress.left() == "about 00:20"
    assert "3 of 9 cells" in progress.line(CELLS[2])
    _, other = begun(tmp_path, seeds=range(3), seed=1)
    assert other.left() == "about 00:20"


def test_behind_a_network_of_its_own_every_seed_chooses(tmp_path):
    folder, progress = begun(tmp_path, seeds=range(2), training="full")
    for cell, seconds in zip(CELLS, (100.0, 1.0, 9.0), strict=True):
        make(folder, progress, cell, seconds)
    assert progress.left() == "about 01:50"


def test_what_a_killed_run_had_done_is_done_and_not_told_again(tmp_path, capsys):
    folder, progress = begun(tmp_path / "run")
    make(folder, progress, CELLS[1], 4.0)
    capsys.readouterr()
    again, progress = begun(tmp_path / "run")
    make(again, progress, CELLS[1], 99.0)
    assert capsys.readouterr().out == "" and "1 of 3" in progress.line(CELLS[1])


def test_timed_adds_what_it_took():
    found = timed(lambda: {"a": 1})()
    assert found["a"] == 1 and found[ELAPSED] >= 0


@pytest.mark.parametrize("choose", [True, False])
def test_cells_are_the_files_of_a_run(compared, choose):
    config = dataclasses.replace(CONFIG, choose=choose)
    found = names(config, ("itq", "dsh"))
    choices = ["choice/features/dsh", "choice/probabilities/dsh"] if choose else []
    rows = [f"{reads}/{m}" for reads in ("features", "probabilities") for m in ("itq", "dsh")]
    assert found == choices + rows
    for cell in found:
        with np.load(compared / "seed-1" / f"{cell}.npz") as file:
            assert file[ELAPSED] > 0


def test_a_damaged_cell_is_left_to_the_step_that_says_what_to_do(tmp_path):
    folder, progress = begun(tmp_path / "run")
    make(folder, progress, CELLS[0], 60.0)
    (folder / f"{CELLS[0]}.npz").write_bytes(b"cut short")
    folder, progress = begun(tmp_path / "run")
    with pytest.raises(RunFolderError, match="is damaged: delete it"):
        make(folder, progress, CELLS[0], 60.0)
