"""The report of rival ways to find the subject, composed from rows that nobody trained."""

import numpy as np

from data_pipelines.view import WHOLE, View
from recipes.common.measure import measure_codes
from recipes.triplet import remedies
from recipes.triplet.remedy_settings import RemedySettings
from recipes.triplet.view_row import CODES, ViewRow
from tests.recipes.opening import opened

TITLES = [
    "whole picture", "true box", "pretrained", "stage 1", "class maps", "pretrained, chosen alpha",
    "two rounds",
]  # fmt: skip


def test_every_remedy_is_held_against_the_whole_picture_and_what_it_is_to_cure(
    table_with_boxes, tmp_path
):
    config = RemedySettings(dataset="folder", data_dir=str(table_with_boxes), bits=6)
    run = opened(config, tmp_path / "run")
    truth = run.data.records.boxes
    codes = np.random.default_rng(0).standard_normal((len(truth), 6)).astype(np.float32)
    row = ViewRow("net", 0.5, 0.25, {name: measure_codes(codes, run.data) for name in CODES})
    views = {
        title: WHOLE if title == "whole picture" else View(truth, found=truth) for title in TITLES
    }
    report = remedies.compose(run, views, dict.fromkeys(TITLES, row), 0.2)
    (table,) = report.tables
    assert [names[0] for names in table.rows] == TITLES
    assert table.rows[("true box",)]["mean IoU"] == 1
    assert table.rows[("whole picture",)]["box area"] == 1
    alphas = {names[0]: figures["alpha"] for names, figures in table.rows.items()}
    assert alphas["pretrained, chosen alpha"] == "0.2" and alphas["two rounds"] == "0.4"
    assert alphas["whole picture"] == "-"
    pairs = [(pair.first[0], pair.second[0]) for pair in report.pairs]
    assert pairs == [
        *((title, "whole picture") for title in TITLES[1:]),
        *((title, "pretrained") for title in TITLES[3:]),
    ]
    assert all(pair.first in report.precisions for pair in report.pairs)
