"""The small maps of all pictures of a run, and what is kept of each picture by them."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from data_pipelines import saliency_table
from data_pipelines.kept import kept, pictures
from data_pipelines.saliency_table import SaliencyTable
from data_pipelines.view import View
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.settings import RunSettings
from tfretrieval.run_folder import RunFolderError, difference
from tfretrieval.saliency import Localizer


def look(
    opened: Opened[RunSettings, Divided],
    localizer: Localizer,
    name: str = "maps",
    shared: bool = False,
) -> SaliencyTable:
    """The table of small maps of all pictures, ``saliency/<name>.npz`` of the run.

    Args:
        shared: kept in the cache folder for other runs and seeds: of a network that this run does
            not train.

    Raises:
        RunFolderError: the run began with another saliency network. Its table is no longer enough:
            networks have been trained on its regions.
    """
    folder = opened.folder
    folder.wait_for(f"saliency/{name}.npz")
    path, known = folder / f"saliency/{name}.npz", f"saliency/{name}.json"
    now = localizer.identity
    if not (folder / known).exists():
        folder.write_json(known, now)
    if told := difference(folder.read_json(known), now):
        raise RunFolderError(
            f"{folder.path} began with another saliency network ({told}): choose another --run-dir"
        )
    look_now = functools.partial(
        saliency_table.look,
        localizer,
        opened.data.records,
        path,
        batch_size=opened.config.batch_size,
        beam=opened.config.beam,
    )

    def columns() -> dict[str, np.ndarray]:
        look_now()
        with np.load(path, allow_pickle=False) as file:
            return dict(file)

    if shared and not path.exists():
        depends_on = {
            "identity": now,
            "pictures": pictures(opened.data.records),
            "batch": opened.config.batch_size,
        }
        found: dict[str, Any] = kept("saliency", depends_on, columns)
        if not path.exists():
            with folder.writing(f"saliency/{name}.npz") as partial, open(partial, "wb") as stream:
                np.savez_compressed(stream, **found)
    return look_now()


def view(localizer: Localizer, table: SaliencyTable, alpha: float | str, region: str) -> View:
    """What alpha and region make of a table."""
    boxes, masks = table.regions(alpha, region)
    found = table.regions(alpha, "box")[0] if boxes is None else boxes
    return View(boxes, masks, table.maps, found, localizer, alpha, region)
