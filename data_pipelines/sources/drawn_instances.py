"""The drawn things as pairs to learn from and a benchmark: `builders.DrawnInstances`."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from data_pipelines.instances import InstanceBenchmark, InstancePairs, pairs_within
from data_pipelines.records import Records
from data_pipelines.sources.kinds import PairSet
from tfretrieval.evaluation.instance import revisited

if TYPE_CHECKING:
    from data_pipelines.builders import DrawnInstancesConfig

PARTS = ("train", "val", "query", "database")


def read_drawn_instances(
    data_dir: str | None = None, config: str | DrawnInstancesConfig = "demo"
) -> tuple[InstancePairs, InstancePairs, InstanceBenchmark]:
    """Pairs to learn from, pairs to choose by, and the benchmark; drawn first if it is not there.

    Pairs are all ordered pairs of two pictures of one thing. Labels are things, numbered from 0 in
    each of the three; queries and database share their numbers. No two of the three share a thing.

    Args:
        data_dir: where TFDS keeps prepared data, by default its own place.
        config: a name, or a configuration of one's own.

    Raises:
        DataError: the set could not be prepared, or a part of it is empty.
    """
    from data_pipelines.builders import DrawnInstances
    from data_pipelines.sources.tfds_source import read_tfds

    builder = DrawnInstances(data_dir=data_dir, config=config)
    settings = builder.builder_config
    # Drawn here and now: nothing is fetched, so nobody has to allow it.
    listing = read_tfds(builder, PARTS, download=True)
    known = {name: more for part in PARTS for name, *more in settings.pictures(part)}
    things, views = np.array([known[name] for name in listing.records.ids], object).T

    def records(part: str, numbered: range) -> Records:
        rows = listing.where(part)
        labels = things[rows].astype(np.int32) - numbered.start
        titles = tuple(settings.title(thing) for thing in numbered)
        return dataclasses.replace(listing.records.take(rows), labels=labels, class_names=titles)

    def pairs(part: str) -> InstancePairs:
        own = records(part, settings.things(part))
        return InstancePairs(f"{name} {part}", own, pairs_within(own.labels), listing.notes)

    name = f"drawn_instances/{settings.name}"
    searched = settings.things("database")
    queries, database = records("query", searched), records("database", searched)
    found = {
        view: [
            np.flatnonzero((database.labels == label) & (views[listing.where("database")] == view))
            for label in queries.labels
        ]
        for view in ("easy", "hard", "junk")
    }
    benchmark = InstanceBenchmark(name, database, queries, revisited(**found), listing.notes)
    return pairs("train"), pairs("val"), benchmark


def _demo(
    data_dir: str | None,
) -> tuple[InstancePairs, InstancePairs, tuple[InstanceBenchmark, ...]]:
    train, val, benchmark = read_drawn_instances(data_dir)
    return train, val, (benchmark,)


DRAWN_INSTANCES = PairSet("drawn_instances/demo", _demo, brings_benchmark=True)
