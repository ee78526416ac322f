"""Pictures to calibrate on, and others to check with."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

import numpy as np

from tfretrieval.encoders.indexing import pictures_below


@dataclasses.dataclass(frozen=True, eq=False)
class Sample:
    """Pictures of a folder; none is in both parts.

    Attributes:
        calibrated, checked: their paths.
        labels: of the checked ones, int64 ``[n]``: the folders that they lie in; None where some
            lie in none.
        origin: where they come from, in words.
    """

    calibrated: list[Path]
    checked: list[Path]
    labels: np.ndarray | None
    origin: str


def draw(images: Path, run: Path, calibrate: int, check: int) -> Sample:
    """Draws with seed 0; by the parts of a run where the folder is the one that it read.

    Args:
        images: folder of pictures, with sub-folders.
        run: folder, whose ``parts.csv`` knows what was trained on and what were queries.
        calibrate, check: how many; fewer are checked where there are no more.

    Raises:
        ValueError: no such folder, or too few pictures.
    """
    if not images.is_dir():
        raise ValueError(f"{images} is no folder of pictures")
    names = pictures_below(images)
    names = [names[i] for i in np.random.default_rng(0).permutation(len(names))]
    parts = _parts(run / "parts.csv")
    train, query = ([name for name in names if name in parts[part]] for part in ("train", "query"))
    origin = "calibrated on training pictures of the run, checked with its queries"
    if not query:
        train = query = names
        origin = "drawn from all, whatever the run was trained on"
    calibrated = train[:calibrate]
    taken = set(calibrated)
    checked = [name for name in query if name not in taken][:check]
    if len(calibrated) < calibrate or len(checked) < 2:
        raise ValueError(
            f"{images} has too few pictures: {len(calibrated)} of {calibrate} to calibrate on, and "
            f"{len(checked)} others to check with"
        )
    folders = [Path(name).parent.name for name in checked]
    return Sample(
        [images / name for name in calibrated],
        [images / name for name in checked],
        np.unique(folders, return_inverse=True)[1] if all(folders) else None,
        origin,
    )


def _parts(path: Path) -> dict[str, set[str]]:
    """Ids of the pictures that a run was trained on, and of its queries; none without the file."""
    parts: dict[str, set[str]] = {"train": set(), "query": set()}
    if path.is_file():
        with open(path, encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                for part, ids in parts.items():
                    if row.get(part) == "1":
                        ids.add(row["id"])
    return parts
