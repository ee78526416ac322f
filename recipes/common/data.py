"""Opening a data set for a run: parts, held-out tenth, and the record of both."""

import dataclasses
from typing import Any

import numpy as np

import data_pipelines.catalogue
from data_pipelines.records import DataError, RetrievalDataset
from data_pipelines.split import hold_out
from recipes.common.settings import MiningSettings, Settings
from tfretrieval.run_folder import RunFolder, RunFolderError


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Divided(RetrievalDataset):
    """A data set with its training part divided: ``fit`` is trained and mined on, ``held_out``
    is what choices are made on, empty where nothing is chosen. Both stay in the database."""

    fit: np.ndarray
    held_out: np.ndarray

    @property
    def seen(self) -> np.ndarray:
        """Which queries are of classes that are trained on, bool ``[Q]``."""
        labels = self.records.labels
        return np.isin(labels[self.query], labels[self.train])


def open_data(config: Settings, folder: RunFolder, share: float = 0.0) -> Divided:
    """Loads the data set of a configuration, and writes its parts beside the run.

    Args:
        share: of the training part that is held out for choices, and then not trained on.

    Raises:
        DataError: what :func:`data_pipelines.catalogue.load` refuses, several labels a picture,
            or a training part too small to hold anything out.
        RunFolderError: the folder's run began on other data.
    """
    data = data_pipelines.catalogue.load(
        config.dataset,
        config.data_dir,
        seed=config.split_seed,
        download=config.download,
        skip_unreadable=config.skip_unreadable,
        singletons=config.singletons,
        split=config.split,
        classes=config.classes,
        per_class=config.per_class,
        beam=config.beam,
    )
    if data.records.labels.ndim != 1:
        raise DataError(f"{data.name} has several labels a picture: this recipe needs one")
    fit, held_out = data.train, data.train[:0]
    if share:
        fit, held_out = hold_out(data, share, config.seed)
    if len(np.unique(data.records.labels[fit])) < 2:
        raise DataError(f"the training part of {data.name} has one class: retrieval needs two")
    most = np.unique(data.records.labels[fit], return_counts=True)[1].max()
    if isinstance(config, MiningSettings) and most < 2:
        raise DataError(f"no class of {data.name} has two training pictures: there are no triplets")
    parts = {"train": data.train, "database": data.database, "query": data.query}
    described = {
        "name": data.name,
        "version": data.version,
        "checksum": data.checksum(),
        "classes": data.num_classes,
        **{part: len(indices) for part, indices in parts.items()},
        "held out": data.records.ids[held_out].tolist(),
        "notes": list(data.notes),
    }
    if describe(folder, described):
        folder.write_text("parts.csv", data.parts_csv())
    fields = {field.name: getattr(data, field.name) for field in dataclasses.fields(data)}
    return Divided(**fields, fit=fit, held_out=held_out)


def describe(folder: RunFolder, described: dict[str, Any]) -> bool:
    """Writes ``data.json`` where the run has not begun, and says whether it did.

    Raises:
        RunFolderError: the run began on other data, or another worker than the chief has others.
    """
    if folder.workers.is_chief and not ((folder / "data.json").exists() and folder.has_steps):
        folder.write_json("data.json", described)
        return True
    before, now = folder.read_json("data.json")["checksum"], described["checksum"]
    if before != now:
        raise RunFolderError(
            f"{folder.path} began on other data (checksum {before[:12]}, now {now[:12]}): "
            "choose another --run-dir"
        )
    return False
