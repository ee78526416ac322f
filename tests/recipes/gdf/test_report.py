"""The report of results that nobody trained."""

import numpy as np
import pytest

from recipes import gdf
from recipes.gdf.rivals import Frozen
from recipes.gdf.settings import RIVALS


@pytest.fixture
def composed(run):
    run = run.with_config(rows=("backbone", "balance"), more_bits=(8,))
    generator = np.random.default_rng(0)
    history = {"seconds": np.ones(2), "loss": np.ones(2)}

    def result(name, bits, attention=None):
        codes = generator.standard_normal((36, bits)).astype(np.float32)
        logits = np.eye(3)[run.data.records.labels]
        return gdf.gdf_result.measured(run, name, codes, logits, history, 2.0, 1e-3, attention)

    maps = generator.uniform(size=(3, 4, 4, 3)).astype(np.float32)
    lengths = {
        bits: [
            result("backbone", bits),
            result("balance", bits, maps),
            *(result(n, bits) for n in RIVALS),
        ]
        for bits in (12, 8)
    }
    frozen = Frozen(np.zeros((36, 4)), np.zeros((36, 3)), history, 3.0)
    return gdf.report.compose(run, lengths, frozen), lengths


def test_rows_of_both_papers_stand_in_one_table(composed):
    report, lengths = composed
    main, of_lengths, usage = report.tables
    titles = ["backbone", "+ bit balance", *RIVALS.values()]
    assert [names[0] for names in main.rows] == titles
    assert [column.name for column in of_lengths.columns] == ["8 bits", "12 bits"]
    balance = lengths[12][1]
    assert main.rows[("+ bit balance",)]["mAP"] == balance.row.figures["mAP"]
    assert usage.rows[("+ bit balance",)]["entropy"] == balance.usage.mean_entropy
    assert of_lengths.rows[("backbone",)]["8 bits"] == lengths[8][0].row.figures["mAP"]


def test_every_row_is_paired_with_the_one_before_it_and_the_adaptive_margin_with_its_rivals(
    composed,
):
    report, _ = composed
    assert [(pair.first[0], pair.second[0]) for pair in report.pairs] == [
        ("+ bit balance", "backbone"),
        ("frozen, adaptive triplet", "frozen, cross-entropy codes"),
        ("frozen, adaptive triplet", "frozen, fixed-margin triplet"),
        ("+ bit balance", "frozen, adaptive triplet"),
    ]
    assert {names for pair in report.pairs for names in (pair.first, pair.second)} <= set(
        report.precisions
    )


def test_what_took_time_is_summed_over_the_lengths(composed):
    report, _ = composed
    assert report.seconds["backbone"] == 4.0 and report.seconds["frozen classifier"] == 2.0
    assert {"frozen", "balance, 12 bits", "adaptive, 8 bits"} <= set(report.histories)


def test_every_figure_is_drawn_parts_where_there_are_some(composed, run):
    report, lengths = composed
    assert set(report.figures) == {"bit_usage", "gallery", "parts"}
    for draw in report.figures.values():
        assert draw().axes
    plain = run.with_config(rows=("backbone",))
    without = gdf.report.compose(
        plain,
        {12: [lengths[12][0], *lengths[12][2:]]},
        Frozen(np.zeros((36, 4)), np.zeros((36, 3)), {"seconds": np.ones(2)}, 3.0),
    )
    assert set(without.figures) == {"bit_usage", "gallery"} and len(without.tables) == 2
