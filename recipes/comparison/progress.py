"""How far a grid of cells is, over all seeds of the command, and how long the rest may take."""

from __future__ import annotations

import contextlib
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from recipes.common.opened import Opened
from recipes.comparison.settings import ComparisonSettings
from recipes.triplet.settings import FROZEN

CHOICE = "choice"
# In the file of a cell: what it took, whatever was kept from another run.
ELAPSED = "elapsed"


def timed(compute: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    """The same arrays, and how long they took."""

    def compute_timed() -> dict[str, Any]:
        start = time.monotonic()
        return {**compute(), ELAPSED: time.monotonic() - start}

    return compute_timed


class Progress:
    """A bar over the cells of all seeds on a terminal, a line a cell in a log.

    A cell is a file of a run with what it took. One that is missing is expected to take what it
    took with another seed, else as long as the mean of its kind; choices behind a frozen network
    are made once for all seeds.

    Args:
        opened: the run of one seed.
        cells: names of its files, without their suffix, in the order in which they are made.
    """

    def __init__(self, opened: Opened[ComparisonSettings, Any], cells: Sequence[str]):
        here = opened.folder.path
        names = [f"seed-{seed}" for seed in opened.seeds]
        folders = [here.parent / name for name in names] if here.name in names else [here]
        self._here, self._shared = here, opened.config.training == FROZEN
        self._grid = [(folder, cell) for folder in folders for cell in cells]
        self._took: dict[tuple[Path, str], float] = {}
        for folder, cell in self._grid:
            self._look(folder, cell)
        self._bar = tqdm(
            total=len(self._grid), initial=len(self._took), disable=None,
            bar_format="{n_fmt}/{total_fmt} |{bar}| {elapsed}, {desc}",
        )  # fmt: skip

    @contextlib.contextmanager
    def cell(self, name: str) -> Iterator[None]:
        """While a cell is made, or read."""
        known = (self._here, name) in self._took
        self._bar.set_description_str(f"{self.left()} left, {name}")
        yield
        if not known:
            self._look(self._here, name)
            self._bar.update(1)
            if self._bar.disable:
                print(self.line(name), flush=True)

    def line(self, name: str) -> str:
        """What a log says of a cell."""
        took = tqdm.format_interval(self._took[self._here, name])
        done = f"{len(self._took)} of {len(self._grid)} cells"
        return f"{name}: {took}; {done}, {self.left()} left"

    def left(self) -> str:
        """How long the missing cells may take; a question mark where nothing is known yet."""
        seconds = 0.0
        for folder, cell in self._grid:
            if (folder, cell) not in self._took:
                expected = self._expected(cell)
                if expected is None:
                    return "?"
                seconds += expected
        return f"about {tqdm.format_interval(seconds)}"

    def close(self) -> None:
        self._bar.close()

    def _expected(self, cell: str) -> float | None:
        same = [took for (_, name), took in self._took.items() if name == cell]
        if same:
            return 0.0 if self._shared and _kind(cell) == CHOICE else max(same)
        alike = [took for (_, name), took in self._took.items() if _kind(name) == _kind(cell)]
        return float(np.mean(alike)) if alike else None

    def _look(self, folder: Path, cell: str) -> None:
        file = folder / f"{cell}.npz"
        # The step that reads a damaged file says what to do with it.
        damaged = contextlib.suppress(OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)
        with damaged, np.load(file) as arrays:
            self._took[folder, cell] = float(arrays[ELAPSED])


def _kind(cell: str) -> str:
    return CHOICE if cell.startswith(f"{CHOICE}/") else ""
