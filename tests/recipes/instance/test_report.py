"""The report of instance retrieval."""

import dataclasses

import numpy as np
import pytest

from recipes.common.report import Pair
from recipes.instance.instance_result import InstanceResult
from recipes.instance.margins import fitting
from recipes.instance.report import compose
from recipes.instance.search import DESCRIPTOR, MULTI_SCALE, WHITENED, search


@pytest.fixture(scope="module")
def results(before):
    found = search(before.run, "before", DESCRIPTOR, before.encoder)
    history = {name: np.array([9.0, 3.0]) for name in ("loss", "active_hinges", "seconds")}
    fitting(before.run, before.encoder)
    return [
        InstanceResult(
            loss,
            None if loss == "before" else history,
            dict.fromkeys((DESCRIPTOR, WHITENED, MULTI_SCALE), found),
            before.held_out,
        )
        for loss in ("before", "contrastive", "lrml", "lrml-all")
    ]


@pytest.fixture(scope="module")
def report(before, results):
    return compose(before.run.with_config(losses=("contrastive", "lrml", "lrml-all")), results)


def test_a_row_for_each_loss_and_way_and_a_column_for_each_protocol(report):
    main, held_out = report.tables
    assert len(main.rows) == 4 * 3 and ("LRML, all negatives", "+ whitening") in main.rows
    protocols = ("easy", "medium", "hard")
    columns = [f"{figure} {p}" for figure in ("mAP", "mP@10") for p in protocols]
    assert [column.name for column in main.columns] == columns
    assert all(set(figures) == set(columns) for figures in main.rows.values())
    assert held_out.rows["LRML",].keys() == {column.name for column in held_out.columns}
    assert held_out.rows["before training",]["rank correlation"] == pytest.approx(1)
    assert held_out.rows["LRML",]["active hinges"] == 3
    assert held_out.notes[1].startswith("Margins: contrastive ")


def test_losses_are_paired_with_before_lrml_with_the_others_all_with_five(report):
    pairs = dict.fromkeys((p.first[0], p.second[0]) for p in report.pairs)
    assert list(pairs) == [
        ("contrastive", "before training"),
        ("LRML", "before training"),
        ("LRML, all negatives", "before training"),
        ("LRML", "contrastive"),
        ("LRML, all negatives", "LRML"),
    ]
    assert Pair(("LRML", WHITENED, "hard"), ("contrastive", WHITENED, "hard")) in report.pairs
    assert len(report.pairs) == 5 * 2 * 3
    assert all({pair.first, pair.second} <= set(report.precisions) for pair in report.pairs)


def test_seconds_are_of_trainings_alone_and_in_no_table(report):
    assert dict(report.seconds) == dict.fromkeys(
        ("contrastive, an epoch", "LRML, an epoch", "LRML, all negatives, an epoch"), 3.0
    )
    assert list(report.histories) == ["contrastive", "lrml", "lrml-all"]


def test_benchmarks_are_named_where_there_are_several(before, results):
    [one] = before.run.data.benchmarks
    both = (one, dataclasses.replace(one, name="other"))
    run = dataclasses.replace(
        before.run, data=dataclasses.replace(before.run.data, benchmarks=both)
    )
    found = results[0].found[DESCRIPTOR]
    measured = {(name, p): x for name in ("drawn", "other") for (_, p), x in found.results.items()}
    ways = {DESCRIPTOR: dataclasses.replace(found, results=measured)}
    report = compose(run, [dataclasses.replace(results[0], found=ways)])
    assert {"mAP drawn hard", "mAP other hard"} <= {c.name for c in report.tables[0].columns}


def test_what_is_learned_from_and_searched_stands_above(report):
    assert report.about[0].startswith("Learned from 72 pairs of 24 pictures of 6 things")
    assert report.about[1] == "drawn: 3 queries, 15 pictures."


def test_the_gallery_shows_every_query_by_the_name_of_its_thing(report):
    names = [axis.get_xlabel() for axis in report.figures["gallery"]().axes]
    assert sorted(name for name in names if name.startswith("thing")) == [
        "thing 0", "thing 1", "thing 2",
    ]  # fmt: skip
    assert set(report.figures) == {"negatives", "gallery"}
