"""Who is trained on, what is chosen and by which pictures, under the three protocols."""

import json

import numpy as np

from recipes.triplet.protocol import best_margin, held_out_share
from recipes.triplet.settings import PaperSettings
from tests.recipes.results import rows

HEADS = "All heads, by the held-out pictures and by the queries"


def held_out(run):
    return json.loads((run / "data.json").read_text())["held out"]


def head(run, network, label):
    with np.load(run / network / f"{label}.npz") as file:
        return dict(file)


def test_paper_holds_nothing_out_and_takes_the_margin_that_was_set(paper):
    assert held_out(paper) == []
    assert rows(paper, "Networks")[("ResNet18",)]["margin set beforehand"] == "4"
    assert {row["mAP held out"] for row in rows(paper, HEADS).values()} == {None}
    report = (paper / "report.md").read_text()
    assert "24 training pictures, " in report and "held out for" not in report


def test_selected_trains_all_with_what_held_out_pictures_chose(selected):
    trial = selected / "choice"
    assert held_out(selected) == [] and len(held_out(trial)) == 3
    for network, title in (("resnet18", "ResNet18"), ("resnet18_i+crop", "ResNet18-I, crop")):
        chosen = {}
        for label in ("cross-entropy", "fixed-1", "fixed-4", "fixed-3-squared", "adaptive-mined"):
            tried, final = head(trial, network, label), head(selected, network, label)
            curve, rounds = tried["history_map_held_out"][1:], tried["history_epoch"][1:]
            assert rounds[-1] == 6
            assert final["history_epoch"][-1] == rounds[curve.argmax()]
            chosen[label] = curve.max()
            shown = rows(selected, HEADS)[title, label]
            assert shown["mAP held out"] == chosen[label]
        best = best_margin(chosen).removeprefix("fixed-").replace("-", ", ")
        assert rows(selected, "Networks")[(title,)]["chosen margin"] == best


def test_the_run_inside_chooses_what_it_would_choose_alone(selected, run_folder, triplet_pictures):
    alone = run_folder(
        *("--data-dir", triplet_pictures, "--protocol", "held_out", "--margins", 1, 4),
        *("--networks", "resnet18"),
    )
    assert held_out(alone) == held_out(selected / "choice")
    for label in ("cross-entropy", "fixed-4", "adaptive-mined"):
        one, other = head(alone, "resnet18", label), head(selected / "choice", "resnet18", label)
        np.testing.assert_array_equal(one["codes"], other["codes"])
        np.testing.assert_array_equal(one["history_map_held_out"], other["history_map_held_out"])
    shown = [rows(run, "Networks")[("ResNet18",)] for run in (alone, selected / "choice")]
    assert shown[0] == shown[1] and "chosen margin" in shown[0]


def test_the_first_of_equal_margins_is_the_best():
    assert (
        best_margin({"adaptive": 0.9, "fixed-1": 0.5, "fixed-2": 0.7, "fixed-3": 0.7}) == "fixed-2"
    )


def test_only_held_out_holds_pictures_out():
    shares = {
        p: held_out_share(PaperSettings(protocol=p)) for p in ("paper", "selected", "held_out")
    }
    assert shares == {"paper": 0.0, "selected": 0.0, "held_out": 0.1}
