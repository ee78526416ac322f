"""The report of two seeds: every method, every length, the choices and the differences."""

import json
import math

from recipes.comparison.methods import TRIALS
from recipes.comparison.report import _accuracy


def test_every_method_has_a_row_in_the_order_of_the_families(tables):
    names = [name for _, name in tables[""]]
    assert names == [
        "cosine of the inputs", "HOG + colours, cosine", "random code of the predicted class",
        "random hyperplanes", "PCA-ITQ", "SCDA, PCA-ITQ", "DSH", "adaptive triplet, mined",
    ] * 2  # fmt: skip
    for figures in tables[""].values():
        values = [value for value in (*figures["4 bits"], *figures["6 bits"]) if value is not None]
        assert all(0 <= value <= 1 for value in values)
    # Three probabilities vary in two directions.
    assert tables[""]["probabilities", "PCA-ITQ"]["4 bits"] == [None, None]


def test_the_real_valued_row_is_the_same_under_every_length(tables):
    row = tables[""]["features", "cosine of the inputs"]
    assert row["4 bits"] == row["6 bits"]


def test_a_definition_names_the_rows_it_is_of(compared):
    lines = (compared / "report.md").read_text().splitlines()
    notes = [line for line in lines if line.startswith("- mAP, %, of ")]
    of = {line.split("of ", 1)[1].split(":")[0] for line in notes}
    # Pooled features and probabilities differ in width, what reads the picture does not.
    assert {"codes, here those of 6 bits", "cosine of the inputs (features)"} < of
    assert "HOG + colours, cosine (features), HOG + colours, cosine (probabilities)" in of
    assert "6-bit codes" in next(line for line in notes if "here those of 6 bits" in line)


def test_what_reads_the_picture_or_its_map_is_the_same_in_both_columns(tables, compared):
    for row in ("HOG + colours, cosine", "SCDA, PCA-ITQ"):
        assert tables[""]["features", row] == tables[""]["probabilities", row]
    assert "the same whatever the heads read" in (compared / "report.md").read_text()


def test_all_figures_of_one_length_stand_below(tables):
    row = tables["6 bits"]["probabilities", "DSH"]
    assert row["mAP"] == tables[""]["probabilities", "DSH"]["6 bits"]


def test_choices_name_their_source_and_every_trial(tables):
    row = tables["What was chosen"]["features", "DSH"]
    assert row["source"] == ["Liu et al. 2016"] * 2
    assert 7 <= row["held-out mAP of each trial, %"][0].count(":") <= TRIALS


def test_time_is_that_of_training_and_of_what_is_read(compared):
    seconds = json.loads((compared / "results.json").read_text())["seconds"]
    for reads in ("network", "hand-made", "selected"):
        assert all(value > 0 for value in seconds[f"{reads}: reading 1,000 pictures"])
    assert seconds["features, DSH, all lengths"][0] > 0
    assert seconds["features, HOG + colours, cosine, all lengths"] == [0, 0]


def test_intervals_are_as_wide_as_many_comparisons_need(compared):
    text = (compared / "report.md").read_text()
    # Two inputs, six rivals of the adaptive triplet: four features have no ITQ of six bits.
    assert "99.58 % interval" in text
    assert "features, adaptive triplet, mined" in text and "a value a seed" in text


def test_an_accuracy_is_told_where_queries_are_of_classes_that_were_trained_on():
    assert _accuracy(0.694)[0].endswith("69.4 %.")
    assert _accuracy(math.nan) == ()
