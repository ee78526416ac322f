"""Data sets by name. An entry says which pictures train, which are searched, and which search.

>>> names()
('caltech256', 'caltech_birds2011', 'caltech_birds2011/zero_shot', 'cars196', 'cars196/zero_shot',
'cifar10', 'drawn_birds/crowded', 'drawn_birds/cub_like', 'drawn_birds/demo',
'drawn_birds/sketches', 'drawn_objects', 'folder', 'imagenet2012', 'openmoji', 'openmoji/demo',
'sketchy_extended', 'stanford_dogs', 'tu_berlin_extended')
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from data_pipelines import sources
from data_pipelines.records import DataError as DataError
from data_pipelines.records import Listing, RetrievalDataset
from data_pipelines.split import seeded_split, sketch_split, zero_shot
from data_pipelines.subset import subset

Entry = Callable[[str | None, int, bool], RetrievalDataset]


def names() -> tuple[str, ...]:
    """The names that `load` knows."""
    return tuple(sorted(_ENTRIES))


def load(
    name: str,
    data_dir: str | None = None,
    *,
    seed: int = 0,
    download: bool = False,
    skip_unreadable: bool = False,
    singletons: str = "keep",
    split: str = "given",
    classes: int | None = None,
    per_class: int | None = None,
    progress: bool = True,
) -> RetrievalDataset:
    """The data set of this name, every picture looked at once (`audit.audit`).

    Args:
        name: one of `names()`; `drawn_birds` is short for `drawn_birds/demo`.
        data_dir: for `folder` the directory or CSV file; for drawn sets where TFDS keeps prepared
            data, by default its own place; for published ones see `published.load_published`.
        seed: of the split, where the data come without one, and of what is drawn from them.
        download: allow an entry to fetch what is not there.
        skip_unreadable: leave out pictures that cannot be read, instead of stopping.
        singletons: "keep" or "refuse" classes with a single picture.
        split: "given", or "zero_shot": half of the classes train and the other half is searched;
            the published halves where the set has them (`NAME/zero_shot`), else drawn by the seed.
        classes: keep only so many classes.
        per_class: keep only so many pictures of a class in each part.
        progress: show a bar on a terminal if it takes long.

    Raises:
        DataError: one line that says what is wrong and what to do.
        ValueError: `split` is neither "given" nor "zero_shot", or a count is below one.
    """
    from data_pipelines.audit import audit

    entry = _ENTRIES.get("drawn_birds/demo" if name == "drawn_birds" else name)
    if entry is None:
        near = difflib.get_close_matches(name, names(), 1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise DataError(f"unknown data set {name!r}{hint}; known are {', '.join(names())}")
    if split not in ("given", "zero_shot"):
        raise ValueError(f'split must be "given" or "zero_shot", got {split!r}')
    if any(count is not None and count < 1 for count in (classes, per_class)):
        raise ValueError("classes and per_class must be at least 1")
    if split == "zero_shot" and not name.endswith("/zero_shot"):
        published = _ENTRIES.get(f"{name}/zero_shot")
        dataset = (published or entry)(data_dir, seed, download)
        if not published:
            dataset = zero_shot(dataset, seed)
    else:
        dataset = entry(data_dir, seed, download)
    dataset = subset(dataset, classes, per_class, seed)
    dataset = dataclasses.replace(dataset, records=dataset.records.fetched())
    return audit(dataset, skip_unreadable=skip_unreadable, singletons=singletons, progress=progress)


def _folder(data_dir: str | None, seed: int, download: bool) -> RetrievalDataset:
    if not data_dir:
        raise DataError("data set 'folder' needs --data-dir: class folders, or a CSV file")
    is_table = Path(data_dir).suffix.lower() == ".csv"
    listing = sources.read_table(data_dir) if is_table else sources.read_folder(data_dir)
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
    return RetrievalDataset("folder", "1", records, train, database, query, notes)


def _drawn(name: str, builder_class: str, config: str) -> Entry:
    def entry(data_dir: str | None, seed: int, download: bool) -> RetrievalDataset:
        from data_pipelines import drawn_birds

        builder = getattr(drawn_birds, builder_class)(data_dir=data_dir, config=config)
        # Drawn here and now: nothing is fetched, so nobody has to allow it.
        listing = sources.read_tfds(builder, ("train", "test"), download=True)
        return _given_split(name, str(builder.version), listing)

    return entry


def _line_drawings(data_dir: str | None, seed: int, download: bool) -> RetrievalDataset:
    from data_pipelines.drawn_birds import DrawnBirds

    name, parts = "drawn_birds/sketches", ("train", "sketch_train", "sketch_test")
    builder = DrawnBirds(data_dir=data_dir, config="demo_sketches")
    listing = sources.read_tfds(builder, parts, download=True)
    return sketch_split(name, str(builder.version), listing, *parts)


def _openmoji(name: str, config: str) -> Entry:
    def entry(data_dir: str | None, seed: int, download: bool) -> RetrievalDataset:
        from data_pipelines.openmoji import Openmoji

        parts = ("photo", "sketch_train", "sketch_test")
        builder = Openmoji(data_dir=data_dir, config=config)
        # Drawn here and now: nothing is fetched, so nobody has to allow it.
        listing = sources.read_tfds(builder, parts, download=True)
        return sketch_split(name, str(builder.version), listing, *parts)

    return entry


def _published_sketches(name: str) -> Entry:
    def entry(data_dir: str | None, seed: int, download: bool) -> RetrievalDataset:
        from data_pipelines.published_sketches import load_sketches

        return load_sketches(name, data_dir)

    return entry


def _published(name: str) -> Entry:
    def entry(data_dir: str | None, seed: int, download: bool) -> RetrievalDataset:
        from data_pipelines.published import load_published

        return load_published(name, data_dir, download)

    return entry


def _given_split(name: str, version: str, listing: Listing) -> RetrievalDataset:
    """The classification split: `train` trains and is searched, `test` are the queries."""
    train, test = listing.where("train"), listing.where("test")
    return RetrievalDataset(name, version, listing.records, train, train, test, listing.notes)


_ENTRIES: dict[str, Entry] = {
    "caltech256": _published("caltech256"),
    "caltech_birds2011": _published("caltech_birds2011"),
    "caltech_birds2011/zero_shot": _published("caltech_birds2011/zero_shot"),
    "cars196": _published("cars196"),
    "cars196/zero_shot": _published("cars196/zero_shot"),
    "cifar10": _published("cifar10"),
    "drawn_birds/crowded": _drawn("drawn_birds/crowded", "DrawnBirds", "crowded"),
    "drawn_birds/cub_like": _drawn("drawn_birds/cub_like", "DrawnBirds", "cub_like"),
    "drawn_birds/demo": _drawn("drawn_birds/demo", "DrawnBirds", "demo"),
    "drawn_birds/sketches": _line_drawings,
    "drawn_objects": _drawn("drawn_objects", "DrawnObjects", "demo"),
    "folder": _folder,
    "imagenet2012": _published("imagenet2012"),
    "openmoji": _openmoji("openmoji", "full"),
    "openmoji/demo": _openmoji("openmoji/demo", "demo"),
    "sketchy_extended": _published_sketches("sketchy_extended"),
    "stanford_dogs": _published("stanford_dogs"),
    "tu_berlin_extended": _published_sketches("tu_berlin_extended"),
}
