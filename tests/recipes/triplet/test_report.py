"""What a finished run says, of each protocol."""

import numpy as np

from recipes.triplet.report import ADAPTIVE_CODES, BEST_BY_QUERIES
from tests.recipes.results import rows

HEADS = "All heads, by the held-out pictures and by the queries"


def test_a_margin_that_was_set_is_named_and_the_best_by_the_queries_stands_beside_it(paper):
    main = rows(paper)
    assert [codes for _, codes in main] == [
        "real-valued features",
        "random hyperplanes",
        "random code of the predicted class",
        "cross-entropy codes",
        "fixed-margin triplet, margin 4",
        BEST_BY_QUERIES,
        ADAPTIVE_CODES,
    ]
    fixed = {label: row["mAP queries"] for (_, label), row in rows(paper, HEADS).items()
             if label.startswith("fixed")}  # fmt: skip
    best = max(fixed, key=fixed.get)
    assert main["ResNet18", BEST_BY_QUERIES]["mAP"] == fixed[best]
    assert main["ResNet18", "fixed-margin triplet, margin 4"]["mAP"] == fixed["fixed-4"]
    shown = rows(paper, "Networks")[("ResNet18",)]["best margin by the queries"]
    assert shown == best.removeprefix("fixed-").replace("-", ", ")
    assert "more than a fixed margin can be credited with" in (paper / "report.md").read_text()


def test_a_margin_that_was_chosen_stands_alone(selected):
    codes = [codes for network, codes in rows(selected) if network == "ResNet18"]
    assert "fixed-margin triplet, chosen margin" in codes and BEST_BY_QUERIES not in codes
    assert "Nothing is chosen by the queries" in (selected / "report.md").read_text()


def test_the_adaptive_margin_is_paired_with_its_rivals_and_networks_with_those_before(
    selected, read_results
):
    pairs = [(pair["first"], pair["second"]) for pair in read_results(selected)["pairs"]]
    plain, crop = "ResNet18", "ResNet18-I, crop"
    rivals = (
        "cross-entropy codes",
        "fixed-margin triplet, chosen margin",
        "random code of the predicted class",
        "real-valued features",
    )
    assert pairs == [
        *(
            ([network, ADAPTIVE_CODES], [network, rival])
            for network in (plain, crop)
            for rival in rivals
        ),
        ([crop, "cross-entropy codes"], [plain, "cross-entropy codes"]),
        ([crop, ADAPTIVE_CODES], [plain, ADAPTIVE_CODES]),
    ]
    with np.load(selected / "average_precision.npz") as file:
        first = read_results(selected)["pairs"][0]
        each = [file["/".join(first[side])] for side in ("first", "second")]
    assert first["difference"] == np.mean(each[0] - each[1])


def test_a_run_with_crops_says_who_looked(selected, paper):
    report = (selected / "report.md").read_text()
    assert "## Saliency" in report and "Map: small_classifier at 32 pixels" in report
    assert "## Saliency" not in (paper / "report.md").read_text()


def test_every_epoch_and_every_round_is_a_line(paper):
    lines = (paper / "metrics.jsonl").read_text().splitlines()
    # An epoch of stage 1, and four points of seven heads.
    assert len(lines) == 1 + 4 * 7
