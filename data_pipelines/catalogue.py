"""Data sets by name. An entry says which pictures train, which are searched, and which search.

>>> {"cars196", "cars196/zero_shot", "drawn_birds/demo", "folder"} <= set(names())
True
"""

from __future__ import annotations

import dataclasses
import difflib

from data_pipelines import data_sets
from data_pipelines.records import DataError as DataError
from data_pipelines.records import RetrievalDataset
from data_pipelines.sources import ClassSet
from data_pipelines.split import zero_shot
from data_pipelines.subset import subset


def names() -> tuple[str, ...]:
    """The names that `load` knows, in order."""
    return tuple(sorted(_known()))


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
    beam: str | None = None,
) -> RetrievalDataset:
    """The data set of this name, every picture looked at once (`audit.audit`).

    Args:
        name: one of `names()`; `NAME` is short for `NAME/demo` where only that is known.
        data_dir: for `folder` the directory or CSV file; for drawn sets where TFDS keeps prepared
            data, by default its own place; for published ones see `PublishedSet.load`.
        seed: of the split, where the data come without one, and of what is drawn from them.
        download: allow an entry to fetch what is not there.
        skip_unreadable: leave out pictures that cannot be read, instead of stopping.
        singletons: "keep" or "refuse" classes with a single picture.
        split: "given", or "zero_shot": half of the classes train and the other half is searched;
            the published halves where the set has them (`NAME/zero_shot`), else drawn by the seed.
        classes: keep only so many classes.
        per_class: keep only so many pictures of a class in each part.
        progress: show a bar on a terminal if it takes long.
        beam: look at the pictures by Beam, on a runner and with its options (`beam_run.arguments`).

    Raises:
        DataError: one line that says what is wrong and what to do.
        ValueError: `split` is neither "given" nor "zero_shot", or a count is below one.
    """
    from data_pipelines.audit import audit

    known = _known()
    if name not in known and f"{name}/demo" in known:
        name = f"{name}/demo"
    if name not in known:
        near = difflib.get_close_matches(name, names(), 1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise DataError(f"unknown data set {name!r}{hint}; known are {', '.join(names())}")
    if split not in ("given", "zero_shot"):
        raise ValueError(f'split must be "given" or "zero_shot", got {split!r}')
    if any(count is not None and count < 1 for count in (classes, per_class)):
        raise ValueError("classes and per_class must be at least 1")
    to_draw = split == "zero_shot" and not name.endswith("/zero_shot")
    if to_draw and f"{name}/zero_shot" in known:
        name, to_draw = f"{name}/zero_shot", False
    dataset = known[name].load(name, data_dir, seed, download)
    if to_draw:
        dataset = zero_shot(dataset, seed)
    dataset = subset(dataset, classes, per_class, seed)
    dataset = dataclasses.replace(dataset, records=dataset.records.fetched())
    return audit(
        dataset,
        skip_unreadable=skip_unreadable,
        singletons=singletons,
        progress=progress,
        beam=beam,
    )


def _known() -> dict[str, ClassSet]:
    """Every name, and what it is the name of."""
    sets = (each for each in data_sets.DATA_SETS if isinstance(each, ClassSet))
    return {name: each for each in sets for name in each.names}
