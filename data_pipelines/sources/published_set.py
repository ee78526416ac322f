"""A public set: where it lies, how it is read, the counts and splits it must have.

The parts are the official ones: the training part trains and is searched, the test part searches.
`NAME/zero_shot` is the split of metric learning, over the pictures of both parts: the first classes
train; the others, never seen, are searched with each of their own pictures (leave-one-out).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np

from data_pipelines.records import DataError, Listing, RetrievalDataset
from data_pipelines.sources.kinds import ClassSet
from data_pipelines.sources.layout import Layout, Prepared
from data_pipelines.sources.listed import folder_names

Counts = tuple[int, int, int]


@dataclasses.dataclass(frozen=True)
class Halves:
    """The published zero-shot split: the first `seen` classes train.

    Attributes:
        counts: training pictures, queries and classes.
    """

    seen: int
    counts: Counts


@dataclasses.dataclass(frozen=True)
class PublishedSet(ClassSet):
    """What a source file of a public set ends with, and what the list of data sets holds.

    Attributes:
        layout: its name, and where it lies.
        read: from the unpacked folder to its pictures, in the parts `train` and `test`.
        counts: training pictures, queries and classes that it must have.
        halves: its published zero-shot split, if it has one.

    >>> toys = PublishedSet(Layout("toys", "", ("a",), (), ""), lambda root: None, (4, 2, 2),
    ...                     Halves(seen=1, counts=(3, 3, 2)))
    >>> toys.names
    ('toys', 'toys/zero_shot')
    """

    layout: Layout
    read: Callable[[Path], Listing]
    counts: Counts
    halves: Halves | None = None

    @property
    def name(self) -> str:
        return self.layout.name

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, f"{self.name}/zero_shot")[: 2 if self.halves else 1]

    def load(self, name: str, data_dir: str | None, seed: int, download: bool) -> RetrievalDataset:
        """The whole set, its counts checked; `data_dir` is the unpacked folder, an archive, the
        folder of either, or TFDS's; by default where `download` has put it, or TFDS's own place.

        Raises:
            DataError: nothing is there, it cannot be read, or it has not the published counts.
        """
        listing = self.listing(data_dir, download)
        records, expected = listing.records, self.counts
        train, query = listing.where("train"), listing.where("test")
        database = train
        if self.halves and name != self.name:
            expected, seen = self.halves.counts, records.labels < self.halves.seen
            train, query = np.flatnonzero(seen), np.flatnonzero(~seen)
            database = query
        got = (len(train), len(query), records.num_classes)
        if got != expected:
            raise DataError(
                "{} must have {} training pictures, {} queries and {} classes, ".format(
                    name, *expected
                )
                + "got {}, {} and {}".format(*got)
                + "".join(f"; {note}" for note in listing.notes)
            )
        return RetrievalDataset(name, "1", records, train, database, query, listing.notes)

    def listing(self, data_dir: str | None, download: bool = False) -> Listing:
        """Its pictures as they lie there, counts unchecked; errors as of `load`."""
        root = self.layout.find(data_dir)
        prepared = self.layout.prepared
        if root is None and prepared and prepared.is_there(self.name, data_dir):
            return _prepared(self.name, prepared, data_dir)
        if root is None and download:
            self.layout.fetch(data_dir)
            root = self.layout.find(data_dir)
        if root is None:
            raise self.layout.not_found(data_dir)
        return self.read(root)


def _prepared(name: str, prepared: Prepared, data_dir: str | None) -> Listing:
    # Here, so that naming a data set does not start TensorFlow.
    from data_pipelines.sources.tfds_source import read_tfds

    listing = read_tfds(name, tuple(prepared.splits), data_dir, later=prepared.large)
    part = np.array([prepared.splits[split] for split in listing.split])
    records = listing.records
    if prepared.renames_classes:
        names = folder_names(records.ids, records.labels)
        records = dataclasses.replace(records, class_names=names)
    return dataclasses.replace(listing, records=records, split=part)
