"""The seeded split, and classes of one picture."""

import numpy as np
import pytest

from data_pipelines.records import DataError, RetrievalDataset
from data_pipelines.split import hold_out, seeded_split, settle_singletons, zero_shot
from tests.data_pipelines.pictures import make_records

LABELS = np.repeat(np.arange(4), (1, 2, 9, 13))


def test_a_fifth_of_each_class_but_at_least_one_become_queries():
    query = seeded_split(make_records(LABELS), seed=0)
    assert np.bincount(LABELS[query], minlength=4).tolist() == [0, 1, 1, 2]


def test_split_depends_on_seed_and_ids_but_not_on_their_order():
    records = make_records(LABELS)
    query = seeded_split(records, seed=0)
    np.testing.assert_array_equal(query, seeded_split(records, seed=0))
    assert (query != seeded_split(records, seed=1)).any()
    mixed = np.random.default_rng(0).permutation(len(records))
    np.testing.assert_array_equal(seeded_split(records.take(mixed), seed=0), query[mixed])


def test_pictures_with_several_labels_are_split_as_a_whole():
    records = make_records(np.eye(4, dtype=int)[LABELS] | [1, 0, 0, 0])
    assert seeded_split(records, seed=0).sum() == 25 // 5


def with_singletons():
    """Class 1 has one picture, a query; class 2 has one, in the database."""
    records = make_records([0, 0, 0, 1, 2])
    return RetrievalDataset("set", "1", records, [0, 4], [0, 4], [1, 2, 3])


def test_a_lone_query_moves_to_the_database_with_one_note():
    dataset = settle_singletons(with_singletons())
    assert dataset.query.tolist() == [1, 2]
    assert dataset.database.tolist() == [0, 3, 4] and dataset.train.tolist() == [0, 4]
    [note] = dataset.notes
    assert "2 of 3 classes have a single picture, such as '1'" in note


def test_singletons_can_be_refused():
    with pytest.raises(DataError, match="2 of 3 classes have a single picture"):
        settle_singletons(with_singletons(), "refuse")
    with pytest.raises(ValueError, match='"keep" or "refuse"'):
        settle_singletons(with_singletons(), "drop")


def test_nothing_happens_where_every_class_has_two():
    dataset = RetrievalDataset("set", "1", make_records([0, 0, 1, 1]), [0, 2], [0, 2], [1, 3])
    assert settle_singletons(dataset, "refuse") is dataset


def test_a_picture_with_another_label_that_is_shared_is_not_alone():
    records = make_records([[1, 0], [1, 0], [1, 1]])
    dataset = RetrievalDataset("set", "1", records, [0], [0], [1, 2])
    assert settle_singletons(dataset).query.tolist() == [1, 2]


def test_only_lone_queries_leave_nothing_to_search_with():
    dataset = RetrievalDataset("set", "1", make_records([0, 0, 1]), [0, 1], [0, 1], [2])
    with pytest.raises(DataError, match="no query pictures"):
        settle_singletons(dataset)


def given():
    """Five classes of four pictures: two train and are searched, one is in the database, one is a
    query; the last picture of all plays no part."""
    labels = np.repeat(np.arange(5), 4)
    part = np.arange(20) % 4
    query = np.flatnonzero(part == 3)[:-1]
    return RetrievalDataset(
        "set", "1", make_records(labels), np.flatnonzero(part < 2), np.flatnonzero(part < 3), query
    )


def test_zero_shot_searches_classes_that_never_train():
    dataset = zero_shot(given(), seed=0)
    labels = dataset.records.labels
    seen, unseen = set(labels[dataset.train]), set(labels[dataset.query])
    assert (len(seen), len(unseen)) == (2, 3) and not seen & unseen
    assert dataset.database.tolist() == dataset.query.tolist()
    assert sorted([*dataset.train, *dataset.query]) == list(range(19))
    assert (
        dataset.name == "set/zero_shot"
        and "joined; 2 classes, drawn with seed 0" in dataset.notes[0]
    )


def test_zero_shot_is_drawn_by_the_seed():
    drawn = {tuple(zero_shot(given(), seed).train) for seed in range(8)}
    assert len(drawn) > 1 and tuple(zero_shot(given(), 3).train) in drawn


def test_zero_shot_needs_four_classes_of_one_label_each():
    few = RetrievalDataset("set", "1", make_records([0, 0, 1, 1, 2]), [0, 2], [0, 2], [1, 3])
    with pytest.raises(DataError, match="has 2 classes"):
        zero_shot(few, seed=0)
    many = make_records(np.eye(4, dtype=int)[[0, 1, 2, 3]])
    with pytest.raises(DataError, match="several labels"):
        zero_shot(RetrievalDataset("set", "1", many, [0, 1], [0, 1], [2, 3]), seed=0)


def of_classes(*sizes):
    labels = np.repeat(np.arange(len(sizes)), sizes)
    records = make_records(np.append(labels, 0))
    return RetrievalDataset("set", "1", records, np.arange(len(labels)), [0], [len(labels)])


def test_a_share_of_every_class_is_held_out_and_two_are_left():
    dataset = of_classes(20, 11, 3)
    fit, held_out = hold_out(dataset, 0.1, seed=0)
    labels = dataset.records.labels
    assert np.bincount(labels[held_out]).tolist() == [2, 2, 1]
    assert sorted([*fit, *held_out]) == list(range(34))
    assert np.bincount(labels[hold_out(dataset, 0.9, seed=0)[0]]).tolist() == [2, 2, 2]


def test_the_seed_draws_what_is_held_out():
    dataset = of_classes(20, 20)
    first, again, other = (hold_out(dataset, 0.1, seed)[1].tolist() for seed in (0, 0, 1))
    assert first == again != other


def test_classes_of_two_leave_nothing_to_hold_out():
    with pytest.raises(DataError, match="too few training pictures"):
        hold_out(of_classes(2, 2), 0.5, seed=0)
