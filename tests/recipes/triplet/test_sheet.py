"""A sweep over thresholds, run once."""

import pytest

from recipes import saliency_sheet
from recipes.common.cli import main
from tests.recipes.conftest import tiny_runs
from tests.recipes.results import rows
from tests.recipes.triplet.tiny import FLAGS

LOOKS = "Where the network looks"
SHEET = [*FLAGS, "--dataset", "folder", "--weights", "none", "--saliency-network", "stage1"]
SHEET += ["--network", "resnet18", "--hash-epochs", "2"]


def sweep(run_dir, data, *alphas, drawn=False):
    with tiny_runs(drawn):
        argv = [*SHEET, "--data-dir", str(data), "--run-dir", str(run_dir), "--alphas", *alphas]
        assert main(saliency_sheet.RECIPE, saliency_sheet.Config, "about", argv) == 0
    return run_dir


@pytest.fixture(scope="module")
def swept(tmp_path_factory, table_with_boxes):
    return sweep(tmp_path_factory.mktemp("sheet") / "run", table_with_boxes, "0.4", "mean", "0.8")


def test_every_alpha_is_cut_from_one_table_and_both_greys_are_measured(swept):
    assert [file.name for file in (swept / "saliency").glob("*.npz")] == ["maps.npz"]
    located = {name: row["box area"] for (name,), row in rows(swept, LOOKS).items()}
    boxes = {"0.4", "mean", "0.8"} | {f"{a}, viridis_luma" for a in ("0.4", "mean", "0.8")}
    assert set(located) == boxes | {"whole picture", "centre 70 %"}
    assert located["0.8"] < located["0.4"] <= located["whole picture"]
    # Viridis gives a map's value of 102 the brightness 92, which alpha 0.4 drops.
    assert located["0.4, viridis_luma"] < located["0.4"]


def test_the_alpha_that_held_out_pictures_would_choose_is_named(swept):
    main_rows = rows(swept)
    best = max(main_rows, key=lambda names: main_rows[names]["mAP held out"])[0]
    assert f"By it alpha {best} would be chosen." in (swept / "report.md").read_text()
    assert "a look at a picture, decoding included" in (swept / "report.md").read_text()


def test_data_without_boxes_give_table_2_alone(tmp_path, triplet_pictures):
    run = sweep(tmp_path / "run", triplet_pictures, "0.5", "none", drawn=True)
    assert set(rows(run)) == {("0.5",), ("none",)} and not rows(run, LOOKS)
    assert "The data have no true boxes." in (run / "report.md").read_text()
    assert all(0 <= value <= 1 for row in rows(run).values() for value in row.values())
