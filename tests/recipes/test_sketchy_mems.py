"""Tiny runs of the sketch recipes, end to end."""

import json

import numpy as np
import pytest

from recipes import sketchy_mems, tuberlin_mems
from recipes.common.cli import main
from recipes.sketchy_mems import RECIPE, Config
from tests.checks import check_recipe
from tests.recipes.sketch.tiny import SMALL, small_networks, write_table

FILES = frozenset(
    {
        "average_precision.npz",
        "codes.npz",
        "config.json",
        "data.json",
        "environment.json",
        "figures",
        "metrics.jsonl",
        "model.keras",
        "parts.csv",
        "report.md",
        "results.csv",
        "results.json",
        "savedmodel",
    }
)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return write_table(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(autouse=True)
def tiny_networks(monkeypatch):
    small_networks(monkeypatch)


def run(run_dir, table, *flags, recipe=sketchy_mems):
    argv = ["--data-dir", str(table), "--run-dir", str(run_dir)]
    for name, value in SMALL.items():
        values = value if isinstance(value, tuple) else (value,)
        argv += ["--" + name.replace("_", "-"), *map(str, values)]
    return main(RECIPE, recipe.Config, "about", [*argv, *flags])


def results(run_dir):
    return json.loads((run_dir / "results.json").read_text())


def rows(run_dir):
    """Names of a row of the main table -> figures, a value a seed."""
    return {tuple(r["names"]): r["figures"] for r in results(run_dir)["tables"][0]["rows"]}


@pytest.mark.usefixtures("eager_training", "all_files")
def test_contract(tmp_path, table, monkeypatch):
    flags = ("--losses", "mems", "--gates", "none", "dase")
    check_recipe(
        lambda run_dir: run(run_dir, table, *flags), tmp_path, table, monkeypatch, FILES, step=16
    )
    drawn = {file.name for file in (tmp_path / "whole/figures").iterdir()}
    assert drawn == {"gallery.png", "gates.png"}
    with np.load(tmp_path / "whole/codes.npz") as codes:
        assert codes["query_packed_16"].shape == (12, 2)
        assert codes["database_packed_8"].shape == (20, 1)


@pytest.mark.usefixtures("eager_training")
def test_several_seeds_in_one_table_with_intervals(tmp_path, table, capsys):
    """Behind a frozen network, which takes the least."""
    frozen = ("--training", "frozen", "--frozen-network", "resnet18", "--epochs", "1")
    flags = ("--seeds", "2", "--losses", "softmax", "mems", "--gates", "none", "se")
    assert run(tmp_path / "run", table, *frozen, *flags) == 0
    assert list(rows(tmp_path / "run/seed-0")) == [
        (loss, gates, part)
        for loss in ("softmax", "MEMS, margin 4")
        for gates in ("none", "SE")
        for part in ("seen", "unseen")
    ]
    printed = capsys.readouterr().out
    lines = [x for x in printed.splitlines() if "softmax, SE" in x and "softmax, none" in x]
    assert len(lines) == 2 and all(" to " in line for line in lines)
    each = [
        one["softmax", "SE", "seen"]["mAP"][0] - one["softmax", "none", "seen"]["mAP"][0]
        for one in (rows(tmp_path / f"run/seed-{seed}") for seed in (0, 1))
    ]
    assert lines[0].split("|")[-2].strip() == ", ".join(f"{100 * x:+.1f}" for x in each)
    assert "softmax, SE" in printed[printed.index("## Time") :]


def test_pictures_without_a_domain_are_one_line(tmp_path, capsys):
    assert run(tmp_path / "run", write_table(tmp_path, domains=False)) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "column domain, 0 and 1" in error


def test_the_paper_s_numbers_are_the_defaults():
    config = Config()
    assert (config.image_size, config.embedding, config.per_domain) == (224, 512, 22)
    assert (config.margin, config.learning_rate, config.weight_decay) == (4.0, 1e-4, 1e-4)
    # 69,231 and 17,500 training sketches.
    for recipe, sketches in ((sketchy_mems, 69_231), (tuberlin_mems, 17_500)):
        assert recipe.Config().epochs * (sketches // 22) == pytest.approx(200_000, rel=0.01)


def test_demo_shrinks_and_downloads_nothing():
    changed = {k for k, v in Config.demo_settings().items() if getattr(Config(), k) != v}
    assert changed == {
        *("dataset", "image_size", "trained_network", "width", "embedding", "losses", "weights"),
        *("epochs", "learning_rate", "code_steps", "margin"),
    }
