"""A smaller data set out of a large one: some classes, some pictures of each."""

from __future__ import annotations

import dataclasses

import numpy as np

from data_pipelines.records import DataError, RetrievalDataset


def subset(
    dataset: RetrievalDataset, classes: int | None, per_class: int | None, seed: int
) -> RetrievalDataset:
    """Keep `classes` classes, and `per_class` pictures of each in every part, drawn by the seed.

    The pictures that play the same parts (train and database, or query) are counted together.
    Where the queries are of other classes than the training part, half of `classes` are of either
    kind. Labels stay dense. Pictures are drawn from their ids in sorted order.

    Raises:
        DataError: several labels a picture, or more or fewer classes than there can be.
    """
    if classes is None and per_class is None:
        return dataset
    records = dataset.records
    if records.multi_label:
        raise DataError(f"{dataset.name} has several labels a picture: no subset can be drawn")
    rng = np.random.default_rng(seed)
    kept = np.arange(records.num_classes)
    if classes is not None:
        kept = _some_classes(dataset, classes, rng)
    every = np.arange(len(records))
    parts = [np.isin(every, part) for part in (dataset.train, dataset.database, dataset.query)]
    # Which parts a picture plays, as one number; 0: none, so it is left out.
    role = parts[0] + 2 * parts[1] + 4 * parts[2]
    chosen = (role > 0) & np.isin(records.labels, kept)
    if per_class is not None:
        chosen &= _first_of_each(
            records.ids, role * records.num_classes + records.labels, per_class, rng
        )
    indices = np.flatnonzero(chosen)
    place = np.cumsum(chosen) - 1
    taken = records.take(indices)
    return dataclasses.replace(
        dataset,
        records=dataclasses.replace(
            taken,
            labels=np.searchsorted(kept, taken.labels),
            class_names=tuple(records.class_names[i] for i in kept),
        ),
        train=place[dataset.train[chosen[dataset.train]]],
        database=place[dataset.database[chosen[dataset.database]]],
        query=place[dataset.query[chosen[dataset.query]]],
        notes=(
            *dataset.notes,
            f"a subset, drawn with seed {seed}: {len(kept)} of {records.num_classes} classes, "
            f"{len(indices)} of {len(records)} pictures",
        ),
    )


def _some_classes(dataset: RetrievalDataset, classes: int, rng: np.random.Generator) -> np.ndarray:
    """The labels to keep, ascending."""
    labels = dataset.records.labels
    trained, searched = np.unique(labels[dataset.train]), np.unique(labels[dataset.query])
    unseen = not np.isin(searched, trained).any()
    groups = [trained, searched] if unseen else [np.union1d(trained, searched)]
    least, most = 2 * len(groups), len(groups) * min(map(len, groups))
    if not least <= classes <= most:
        raise DataError(
            f"{least} to {most} classes of {dataset.name} can be kept, not {classes}"
            + (" (half of them are searched)" if unseen else "")
        )
    counts = [classes - classes // 2, classes // 2] if unseen else [classes]
    return np.sort(
        np.concatenate([rng.permutation(g)[:n] for g, n in zip(groups, counts, strict=True)])
    )


def _first_of_each(
    ids: np.ndarray, groups: np.ndarray, count: int, rng: np.random.Generator
) -> np.ndarray:
    """Bool: `count` pictures of every group, in an order drawn from the sorted ids."""
    shuffled = rng.permutation(np.argsort(ids))
    order = shuffled[np.argsort(groups[shuffled], kind="stable")]
    _, starts, sizes = np.unique(groups[order], return_index=True, return_counts=True)
    place = np.arange(len(order)) - np.repeat(starts, sizes)
    first = np.zeros(len(ids), bool)
    first[order[place < count]] = True
    return first
