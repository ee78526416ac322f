"""The report of sketch retrieval."""

import dataclasses

import pytest

from recipes.common.report import Pair
from recipes.sketch.report import compose


@pytest.fixture(scope="module")
def report(row):
    run = row.run.with_config(losses=("softmax", "mems"), gates=("none", "dase"))
    results = [
        dataclasses.replace(row.result, loss=loss, gates=gates)
        for loss in run.config.losses
        for gates in run.config.gates
    ]
    return compose(run, results)


def test_a_row_for_each_loss_gates_and_kind_of_classes(report):
    main, distances, training = report.tables
    assert len(main.rows) == 8
    assert ("MEMS, margin 4", "DASE", "unseen") in main.rows
    assert [c.name for c in main.columns] == [
        *("mAP", "mAP, cosine", "R@1", "P@10", "8 bits", "16 bits")
    ]
    assert all(set(figures) == {c.name for c in main.columns} for figures in main.rows.values())
    for table in (distances, training):
        assert len(table.rows) == 4
        assert all(list(x) == [c.name for c in table.columns] for x in table.rows.values())


def test_gates_are_paired_with_fewer_and_mems_with_other_losses(report):
    softmax, mems = "softmax", "MEMS, margin 4"
    assert report.pairs[0] == Pair((softmax, "DASE", "seen"), (softmax, "none", "seen"))
    assert report.pairs[-1] == Pair((mems, "DASE", "unseen"), (softmax, "DASE", "unseen"))
    assert len(report.pairs) == 8
    assert all({pair.first, pair.second} <= set(report.precisions) for pair in report.pairs)


def test_sketches_and_photos_are_counted_apart(report):
    assert report.about[0].startswith("Trained on 18 sketches and 15 photos")


def test_times_stand_apart_from_the_figures(report):
    assert list(report.seconds) == [
        "softmax, none", "softmax, DASE", "MEMS, margin 4, none", "MEMS, margin 4, DASE",
    ]  # fmt: skip
    assert "seconds" in report.histories["mems+dase"]


def test_gates_are_drawn_where_there_are_any(report, row):
    assert list(report.figures) == ["gallery", "gates"]
    ungated = dataclasses.replace(row.result, gates="none", switched={})
    assert list(compose(row.run, [ungated]).figures) == ["gallery"]


def test_the_gallery_shows_a_query_of_each_class_and_names_unseen_ones(report):
    names = [axis.get_xlabel() for axis in report.figures["gallery"]().axes]
    shown = sorted(name for name in names if name.startswith("class"))
    assert shown == ["class 0", "class 1", "class 2", "class 3\n(unseen)"]
