"""Smaller data sets out of large ones."""

import numpy as np
import pytest

from data_pipelines.records import DataError, RetrievalDataset
from data_pipelines.split import zero_shot
from data_pipelines.subset import subset
from tests.data_pipelines.pictures import make_records

LABELS = np.repeat(np.arange(6), 10)


def whole():
    """Six classes of ten: five train and are searched, two more are searched, two are queries and
    the last plays no part."""
    place = np.arange(60) % 10
    return RetrievalDataset(
        "set",
        "1",
        make_records(LABELS),
        np.flatnonzero(place < 5),
        np.flatnonzero(place < 7),
        np.flatnonzero((place == 7) | (place == 8)),
    )


def classes_of(dataset, part):
    labels = dataset.records.labels[getattr(dataset, part)]
    return [dataset.records.class_names[i] for i in labels]


def test_nothing_asked_for_is_nothing_changed():
    dataset = whole()
    assert subset(dataset, None, None, seed=0) is dataset


def test_every_part_keeps_so_many_pictures_of_a_class():
    dataset = subset(whole(), None, 2, seed=0)
    # Of those that train, those that are only searched, and the queries.
    assert (len(dataset.train), len(dataset.database), len(dataset.query)) == (12, 24, 12)
    for part, count in (("train", 2), ("database", 4), ("query", 2)):
        assert np.bincount(dataset.records.labels[getattr(dataset, part)]).tolist() == [count] * 6
    assert np.isin(dataset.train, dataset.database).all()
    assert "6 of 6 classes, 36 of 60 pictures" in dataset.notes[0]


def test_pictures_keep_their_parts_ids_and_classes():
    before, after = whole(), subset(whole(), 3, 4, seed=1)
    place = {name: i for i, name in enumerate(before.records.ids)}
    for part in ("train", "database", "query"):
        indices = [place[name] for name in after.records.ids[getattr(after, part)]]
        assert np.isin(indices, getattr(before, part)).all()
        names = [before.records.class_names[i] for i in before.records.labels[indices]]
        assert names == classes_of(after, part)
    assert after.num_classes == 3 and set(after.records.labels) == {0, 1, 2}


def test_the_seed_draws_and_the_order_of_the_pictures_does_not():
    def drawn(seed, dataset=None):
        return set(subset(dataset or whole(), 3, 1, seed).records.ids)

    assert drawn(0) == drawn(0) and len({frozenset(drawn(seed)) for seed in range(5)}) > 1
    mixed = np.random.default_rng(0).permutation(60)
    place = np.argsort(mixed)
    given = whole()
    shuffled = RetrievalDataset(
        "set",
        "1",
        given.records.take(mixed),
        place[given.train],
        place[given.database],
        place[given.query],
    )
    assert drawn(0, shuffled) == drawn(0)


def test_of_zero_shot_sets_half_of_the_classes_are_of_either_kind():
    dataset = subset(zero_shot(whole(), seed=0), 4, 3, seed=0)
    seen, unseen = (set(classes_of(dataset, part)) for part in ("train", "query"))
    assert (len(seen), len(unseen)) == (2, 2) and not seen & unseen
    assert (len(dataset.train), len(dataset.query)) == (6, 6)
    assert dataset.database.tolist() == dataset.query.tolist()


@pytest.mark.parametrize("classes", [1, 7])
def test_more_or_fewer_classes_than_can_be_kept_are_refused(classes):
    with pytest.raises(DataError, match=f"2 to 6 classes of set can be kept, not {classes}"):
        subset(whole(), classes, None, seed=0)


def test_several_labels_a_picture_are_refused():
    records = make_records(np.eye(4, dtype=int)[[0, 1, 2, 3]])
    with pytest.raises(DataError, match="several labels"):
        subset(RetrievalDataset("set", "1", records, [0, 1], [0, 1], [2, 3]), 2, None, seed=0)
