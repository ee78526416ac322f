"""Who trains and who is searched where nobody has said so, and what becomes of classes of one."""

from __future__ import annotations

import dataclasses

import numpy as np

from data_pipelines.records import DataError, Listing, Records, RetrievalDataset

QUERY_SHARE = 5


def seeded_split(records: Records, seed: int) -> np.ndarray:
    """Bool `[N]`: true for the queries. A fifth of every class (rounded down, but at least one
    picture) is drawn from its ids in sorted order; a class with a single picture gives none.

    Pictures with several labels are drawn as if they were one class.

    >>> records = Records(ids=[str(i) for i in range(12)], labels=[0] * 10 + [1, 2],
    ...                   class_names=("a", "b", "c"), blobs=(b"x",) * 12)
    >>> query = seeded_split(records, seed=0)
    >>> query.tolist()[10:], int(query.sum())
    ([False, False], 2)
    """
    rng = np.random.default_rng(seed)
    groups = np.zeros(len(records), int) if records.multi_label else records.labels
    query = np.zeros(len(records), bool)
    by_id = np.argsort(records.ids)
    order = by_id[np.argsort(groups[by_id], kind="stable")]
    starts = np.flatnonzero(np.diff(groups[order])) + 1
    for members in np.split(order, starts):
        if len(members) > 1:
            query[rng.permutation(members)[: max(1, len(members) // QUERY_SHARE)]] = True
    return query


def zero_shot(dataset: RetrievalDataset, seed: int) -> RetrievalDataset:
    """Half of the classes, drawn by the seed, train; the pictures of the others are searched, each
    with all others of them (leave-one-out), whichever part they played before.

    Raises:
        DataError: several labels a picture, or fewer than four classes.
    """
    records = dataset.records
    if records.multi_label:
        raise DataError(f"{dataset.name} has several labels a picture: no class is apart")
    used = np.union1d(np.union1d(dataset.train, dataset.database), dataset.query)
    classes = np.unique(records.labels[used])
    if len(classes) < 4:
        raise DataError(
            f"{dataset.name} has {len(classes)} classes: zero_shot needs two to train on and two "
            "to search"
        )
    seen = np.random.default_rng(seed).permutation(classes)[: len(classes) // 2]
    trains = np.isin(records.labels[used], seen)
    return RetrievalDataset(
        f"{dataset.name}/zero_shot",
        dataset.version,
        records,
        train=used[trains],
        database=used[~trains],
        query=used[~trains],
        notes=(
            *dataset.notes,
            f"zero-shot: the parts are joined; {len(seen)} classes, drawn with seed {seed}, train, "
            f"the other {len(classes) - len(seen)} are searched",
        ),
    )


def sketch_split(
    name: str, version: str, listing: Listing, photo: str, train: str, test: str
) -> RetrievalDataset:
    """Sketches search photos: the training sketches and all photos of their classes are trained
    on, the other sketches are the queries, all photos the database.

    As Lu et al. 2021, the photos are the same list in training and database. Classes of which no
    sketch is trained on are unseen, their photos too.

    Args:
        photo, train, test: the parts of the listing that play these roles.

    Raises:
        DataError: sketches of a class that no photo shows.
    """
    records = listing.records
    photos, sketches, queries = (listing.where(part) for part in (photo, train, test))
    absent = np.setdiff1d(records.labels[queries], records.labels[photos])
    if len(absent):
        raise DataError(
            f"{name} has sketches of {records.class_names[absent[0]]!r} that search, and no photo "
            "of it to be found: add photos, or remove the sketches"
        )
    seen = np.isin(records.labels[photos], records.labels[sketches])
    notes = listing.notes
    if not seen.all():
        unseen = len(np.unique(records.labels[photos[~seen]]))
        notes += (f"{unseen} classes are unseen: nothing of them is trained on",)
    trained = np.concatenate([sketches, photos[seen]])
    return RetrievalDataset(name, version, records, trained, photos, queries, notes)


def settle_singletons(dataset: RetrievalDataset, singletons: str = "keep") -> RetrievalDataset:
    """Keep pictures that are alone in their class out of the queries, and in the database.

    Nothing relevant to such a picture exists, so it can be neither a query nor part of a triplet;
    as a database picture it makes the search harder, as it should.

    Raises:
        DataError: there are some and `singletons="refuse"`, or nothing is left to search with.
        ValueError: `singletons` is neither "keep" nor "refuse".
    """
    if singletons not in ("keep", "refuse"):
        raise ValueError(f'singletons must be "keep" or "refuse", got {singletons!r}')
    single = dataset.records.class_counts() == 1
    if not single.any():
        return dataset
    alone = ~dataset.records.showing(~single)
    some = f"{single.sum()} of {len(single)} classes have a single picture, such as "
    some += repr(dataset.records.class_names[int(single.argmax())])
    if singletons == "refuse":
        raise DataError(f"{some}: add pictures or remove these classes, or allow them")
    moved = dataset.query[alone[dataset.query]]
    return dataclasses.replace(
        dataset,
        query=np.setdiff1d(dataset.query, moved),
        database=np.union1d(dataset.database, moved),
        notes=(*dataset.notes, f"{some}: it stays in the database, without triplets or queries"),
    )


def hold_out(dataset: RetrievalDataset, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The training pictures that are left and those that are held out: a share of every class
    (rounded up), drawn by the seed, two pictures at least left to train on.

    Raises:
        DataError: too few pictures to hold any out.
    """
    generator = np.random.default_rng([seed, len(dataset.train)])
    train = generator.permutation(dataset.train)
    labels = dataset.records.labels[train]
    # The place of every picture inside its class, in the shuffled order.
    order = np.argsort(labels, kind="stable")
    _, starts, sizes = np.unique(labels[order], return_index=True, return_counts=True)
    place = np.empty(len(train), np.int64)
    place[order] = np.arange(len(train)) - np.repeat(starts, sizes)
    quota = np.minimum(np.ceil(share * sizes), np.maximum(sizes - 2, 0))
    size_of = np.repeat(quota, sizes)
    held = np.zeros(len(train), bool)
    held[order] = place[order] < size_of
    if not held.any() or held.all():
        raise DataError(
            f"{dataset.name} has too few training pictures to hold any out: three of a class "
            "at least"
        )
    return np.sort(train[~held]), np.sort(train[held])
