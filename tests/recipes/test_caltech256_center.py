"""Tiny runs of the center losses, end to end; every flag of theirs changes what comes out."""

import json

import numpy as np
import pytest

from recipes import caltech256_center, center_weights, imagenet_center
from recipes.caltech256_center import Config, center_loss
from recipes.common import session
from recipes.common.cli import ConfigError, main
from recipes.common.data import open_data
from recipes.common.run_folder import RunFolder
from tests.checks import RUN_FILES, check_recipe
from tests.recipes.pictures import write_folder

SMALL = [
    *("--dataset", "folder", "--image-size", "16", "--width", "4", "--weights", "none"),
    *("--epochs", "2", "--batch-size", "8", "--bits", "12", "--hash-epochs", "2"),
    *("--plane-classes", "2", "--plane-epochs", "1"),
]


def run(run_dir, pictures, *flags, recipe=caltech256_center):
    argv = [*SMALL, "--data-dir", str(pictures), "--run-dir", str(run_dir), *flags]
    return main(recipe.Config, recipe.run, recipe.run_seeds, "about", argv)


def results(run_dir):
    return json.loads((run_dir / "results.json").read_text())


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("pictures"))


def test_contract(tmp_path, pictures, monkeypatch, small_network):
    files = RUN_FILES | {"plane"}
    flags = ("--losses", "softmax", "ratio")
    check_recipe(
        lambda run_dir: run(run_dir, pictures, *flags),
        tmp_path,
        pictures,
        monkeypatch,
        files,
        step=9,
    )
    found = results(tmp_path / "whole")
    assert list(found["rows"]) == ["softmax", "ratio"]
    drawn = {file.name for file in (tmp_path / "whole/figures").iterdir()}
    assert drawn == {"plane.png", "distances.png", "gallery.png"}


def history(pictures, folder, loss, **settings):
    """What the training of one loss logs."""
    sizes = {"dataset": "folder", "image_size": 16, "width": 4, "weights": "none", "epochs": 2}
    config = Config(data_dir=str(pictures), batch_size=8, **sizes, **settings)
    run_folder = RunFolder(folder, config)
    strategy = session.start(config)
    experiment = open_data(config, run_folder, hold_out=False)
    return caltech256_center.train(loss, config, experiment, run_folder, strategy)[1]


@pytest.mark.parametrize(
    "loss, settings",
    [
        ("center", {"center_lambda": 3.0}),
        ("ratio", {"ratio_lambda": 9.0}),
        ("hinge", {"hinge_lambda": 3.0}),
        ("difference", {"difference_lambda": 3.0}),
        ("hinge", {"hinge_margin": 0.01}),
        ("difference", {"push": 0.0}),
        ("center", {"update": "gradient"}),
        ("center", {"rate": 0.01}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_every_flag_changes_the_training(tmp_path, pictures, small_network, loss, settings):
    before = history(pictures, tmp_path / "before", loss)
    after = history(pictures, tmp_path / "after", loss, **settings)
    assert before["loss"][-1] != after["loss"][-1]
    assert before["center_distances_d_own"][-1] != after["center_distances_d_own"][-1]


def test_cross_entropy_alone_learns_the_same_wherever_the_centers_are(
    tmp_path, pictures, small_network
):
    before = history(pictures, tmp_path / "before", "softmax")
    after = history(pictures, tmp_path / "after", "softmax", rate=0.01)
    np.testing.assert_array_equal(before["logits_loss"], after["logits_loss"])
    np.testing.assert_array_equal(before["loss"], before["logits_loss"])
    assert before["center_distances_d_own"][-1] != after["center_distances_d_own"][-1]


def test_several_seeds_in_one_table_with_intervals(tmp_path, pictures, capsys, small_network):
    assert run(tmp_path / "run", pictures, "--seeds", "2", "--losses", "softmax", "center") == 0
    printed = capsys.readouterr().out
    lines = [x for x in printed.splitlines() if "| softmax + center | softmax " in x]
    assert len(lines) == 3 and all(" to " in line for line in lines)
    each = [
        one["rows"]["center"]["cosine"]["mAP"] - one["rows"]["softmax"]["cosine"]["mAP"]
        for one in (results(tmp_path / f"run/seed-{seed}") for seed in (0, 1))
    ]
    shown = next(line for line in lines if "cosine" in line).split("|")[-2].strip()
    assert shown == ", ".join(f"{100 * value:+.1f}" for value in each)


def test_the_weights_are_weighed_by_held_out_pictures(tmp_path, pictures, capsys, small_network):
    flags = ("--losses", "ratio", "--lambdas", "0.1", "1", "--held-out", "0.3")
    assert run(tmp_path / "run", pictures, *flags, recipe=center_weights) == 0
    found = results(tmp_path / "run")
    assert list(found) == ["softmax", "ratio@0.1", "ratio@1"]
    best = max(("0.1", "1"), key=lambda value: found[f"ratio@{value}"]["Euclidean"])
    line = next(x for x in capsys.readouterr().out.splitlines() if f"**{best}**" in x)
    assert "softmax + improved (ratio)" in line
    parts = json.loads((tmp_path / "run/data.json").read_text())
    assert len(parts["held out"]) == 9
    # A changed share holds out others.
    assert run(tmp_path / "other", pictures, *flags[:-1], "0.1", recipe=center_weights) == 0
    assert results(tmp_path / "other") != found


@pytest.mark.parametrize(
    "change",
    [
        {"center_lambda": 0.0},
        {"hinge_margin": 0.0},
        {"push": -1.0},
        {"rate": 0.0},
        {"plane_classes": 1},
        {"plane_epochs": 0},
        {"losses": ("center", "center")},
    ],
)
def test_settings_outside_their_range_are_one_line(change):
    with pytest.raises(ConfigError, match="--"):
        Config(**change)
    with pytest.raises(ConfigError, match="--"):
        center_weights.Config(lambdas=(-1.0,))


def test_one_class_is_refused_in_one_line(tmp_path, capsys, small_network):
    pictures = write_folder(tmp_path / "pictures", classes=1)
    assert run(tmp_path / "run", pictures) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "only one class" in error


def test_a_class_that_is_kept_alone_is_refused_in_one_line(tmp_path, pictures, capsys):
    assert run(tmp_path / "run", pictures, "--classes", "1") == 2
    assert "2 to 3 classes of folder can be kept, not 1" in capsys.readouterr().err


@pytest.mark.parametrize("last, first", [("center", "softmax"), ("softmax", "center")])
def test_the_last_loss_that_is_named_is_exported(tmp_path, pictures, small_network, last, first):
    assert run(tmp_path / "run", pictures, "--losses", first, last, "--plane-classes", "9") == 0
    exported, trained = (
        np.load(tmp_path / "run" / name) for name in ("codes.npz", f"{last}/codes.npz")
    )
    codes = {tuple(row) for row in trained["codes"]}
    assert {tuple(row) for row in exported["query_codes"]} <= codes


def test_hinge_and_difference_read_margin_and_push():
    config = Config(hinge_margin=7.0, push=0.25)
    assert center_loss("hinge", config).margin == 7.0
    assert center_loss("difference", config).beta == 0.25
    assert center_loss("ratio", config).form == "ratio"


def test_imagenet_starts_from_random_numbers_and_is_asked_for_in_one_line(tmp_path, capsys):
    recipe = imagenet_center
    assert recipe.Config().weights == "none" and recipe.Config().dataset == "imagenet2012"
    argv = ["--data-dir", str(tmp_path / "empty"), "--run-dir", str(tmp_path / "run")]
    assert main(recipe.Config, caltech256_center.run, caltech256_center.run_seeds, "", argv) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "imagenet2012" in error


def test_demo_shrinks_and_downloads_nothing():
    changed = {k for k, v in Config.demo_settings().items() if getattr(Config(), k) != v}
    assert changed == {"dataset", "image_size", "width", "weights", "epochs", "plane_epochs"}
