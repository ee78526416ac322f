"""One's own pictures: `folder`, a directory of class folders or a CSV file."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from data_pipelines.records import DataError, RetrievalDataset
from data_pipelines.sources.folder import read_folder
from data_pipelines.sources.kinds import ClassSet
from data_pipelines.sources.table import read_table
from data_pipelines.split import seeded_split


@dataclasses.dataclass(frozen=True)
class OwnPictures(ClassSet):
    """What lies in `data_dir`, with the split that it names or one drawn by the seed."""

    name: str

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def load(self, name: str, data_dir: str | None, seed: int, download: bool) -> RetrievalDataset:
        if not data_dir:
            raise DataError(f"data set {name!r} needs --data-dir: class folders, or a CSV file")
        is_table = Path(data_dir).suffix.lower() == ".csv"
        listing = read_table(data_dir) if is_table else read_folder(data_dir)
        records, notes = listing.records, listing.notes
        if records.num_classes < 2:
            raise DataError(
                f"{data_dir!r} has only one class, {records.class_names[0]!r}: retrieval needs two"
            )
        if listing.split[0]:
            train, query = listing.where("train"), listing.where("test")
            database = listing.where("train", "database")
            if not len(query):
                raise DataError(f"{data_dir!r} has no queries: nothing is marked as test")
            if left_out := len(listing.where("val")):
                notes += (f"{left_out} pictures marked val are left out",)
        else:
            chosen = seeded_split(records, seed)
            query, train = np.flatnonzero(chosen), np.flatnonzero(~chosen)
            database = train
            if not len(query):
                raise DataError(f"{data_dir!r} gives no queries: every class has a single picture")
            notes += (f"no split given: a fifth of each class are queries, drawn with seed {seed}",)
        return RetrievalDataset(name, "1", records, train, database, query, notes)


FOLDER = OwnPictures("folder")
