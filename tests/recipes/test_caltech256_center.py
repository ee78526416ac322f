"""Tiny runs of the center losses, end to end."""

import numpy as np
import pytest
import tensorflow as tf

from recipes import caltech256_center
from recipes.common.cli import main
from tests.checks import RUN_FILES, check_recipe
from tests.recipes.pictures import write_folder
from tests.recipes.results import rows

SMALL = [
    *("--dataset", "folder", "--image-size", "16", "--width", "4", "--weights", "none"),
    *("--epochs", "2", "--batch-size", "8", "--bits", "12"),
    *("--plane-classes", "2", "--plane-epochs", "1"),
]


def run(run_dir, pictures, *flags, recipe=caltech256_center):
    argv = [*SMALL, "--data-dir", str(pictures), "--run-dir", str(run_dir), *flags]
    return main(recipe.RECIPE, recipe.Config, "about", argv)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("pictures"))


@pytest.mark.usefixtures("eager_training", "all_files")
def test_contract(tmp_path, pictures, monkeypatch, small_network):
    files = RUN_FILES | {"plane"}
    flags = ("--losses", "softmax", "ratio")
    check_recipe(
        lambda run_dir: run(run_dir, pictures, *flags),
        tmp_path,
        pictures,
        monkeypatch,
        files,
        step=8,
    )
    drawn = {file.name for file in (tmp_path / "whole/figures").iterdir()}
    assert drawn == {"plane.png", "distances.png", "gallery.png"}
    exported_are(tmp_path / "whole", "ratio")


def exported_are(run_dir, loss):
    """The codes for use are those of this loss."""
    exported, trained = (np.load(run_dir / name) for name in ("codes.npz", f"{loss}/features.npz"))
    codes = {tuple(row) for row in trained["features"]}
    assert {tuple(row) for row in exported["query_codes"]} <= codes


def test_several_seeds_in_one_table_with_intervals(
    tmp_path, pictures, capsys, small_network, eager_training
):
    """Behind a frozen network, which takes the least."""
    flags = ("--training", "frozen", "--seeds", "2", "--losses", "center", "softmax")
    assert run(tmp_path / "run", pictures, *flags) == 0
    trained_by = dict.fromkeys(names[0] for names in rows(tmp_path / "run/seed-0"))
    assert list(trained_by) == ["softmax + center", "softmax"]
    printed = capsys.readouterr().out
    lines = [x for x in printed.splitlines() if "| softmax + center, " in x and " to " in x]
    assert len(lines) == 3 and all("| softmax, " in line for line in lines)
    names = [("softmax + center", "cosine"), ("softmax", "cosine")]
    each = [
        [found[name]["mAP"] for name in names]
        for found in (rows(tmp_path / f"run/seed-{seed}") for seed in (0, 1))
    ]
    shown = next(line for line in lines if "cosine" in line).split("|")[-2].strip()
    assert shown == ", ".join(f"{100 * (first - second):+.1f}" for first, second in each)
    # The last loss that is named, whichever it is.
    exported_are(tmp_path / "run/seed-0", "softmax")


@pytest.mark.usefixtures("eager_training", "all_files")
def test_behind_a_frozen_network_the_export_gives_the_codes_of_the_run(
    tmp_path, pictures, small_network
):
    flags = ("--training", "frozen", "--view", "crop", "--losses", "hinge")
    assert run(tmp_path / "run", pictures, *flags, "--image-size", "32", "--width", "8") == 0
    codes = np.load(tmp_path / "run/codes.npz")
    model = tf.saved_model.load(str(tmp_path / "run/savedmodel"))
    contents = [(pictures / name).read_bytes() for name in codes["query_ids"]]
    out = model.signatures["encode_bytes"](contents=tf.constant(contents))
    np.testing.assert_allclose(out["codes"], codes["query_codes"], atol=1e-4)
    assert "as it is, on what its map shows" in (tmp_path / "run/report.md").read_text()


def test_one_class_is_refused_in_one_line(tmp_path, capsys):
    pictures = write_folder(tmp_path / "pictures", classes=1)
    assert run(tmp_path / "run", pictures) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "only one class" in error


def test_a_class_that_is_kept_alone_is_refused_in_one_line(tmp_path, pictures, capsys):
    assert run(tmp_path / "run", pictures, "--classes", "1") == 2
    assert "2 to 3 classes of folder can be kept, not 1" in capsys.readouterr().err
