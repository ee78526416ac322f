"""Tiny runs of the instance recipe, end to end."""

import json

import numpy as np
import pytest
import tensorflow as tf

import tfretrieval
from data_pipelines.instance_catalogue import load_instances
from recipes.common.cli import main, parser
from recipes.instance import data as instance_data
from recipes.instance import starting_weights
from recipes.sfm_lrml import RECIPE, Config
from tests.checks import check_recipe
from tests.data_pipelines.sources import test_oxford_paris, test_sfm
from tests.recipes.instance.tiny import SMALL, small_data, small_world
from tfretrieval.models import load_model

FILES = frozenset(
    {
        "average_precision.npz",
        "config.json",
        "data.json",
        "descriptors.npz",
        "environment.json",
        "figures",
        "metrics.jsonl",
        "model.keras",
        "report.md",
        "results.csv",
        "results.json",
        "savedmodel",
    }
)


@pytest.fixture(autouse=True)
def tiny_world(monkeypatch):
    small_world(monkeypatch)


def run(run_dir, *flags, **settings):
    chosen = {**SMALL, **settings}
    argv = ["--run-dir", str(run_dir), *flags]
    for name, value in chosen.items():
        values = value if isinstance(value, tuple) else (value,)
        if values:
            argv += ["--" + name.replace("_", "-"), *map(str, values)]
    return main(RECIPE, Config, "about", argv)


def rows(run_dir, table=0):
    """Names of a row of a table -> figures, a value a seed."""
    written = json.loads((run_dir / "results.json").read_text())
    return {tuple(row["names"]): row["figures"] for row in written["tables"][table]["rows"]}


@pytest.mark.usefixtures("all_files")
def test_contract(tmp_path, monkeypatch):
    check_recipe(
        lambda run_dir: run(run_dir, losses=("lrml",)), tmp_path, tmp_path, monkeypatch, FILES, 12
    )
    whole = tmp_path / "whole"
    found = rows(whole)
    assert len(found) == 2 * 4 and "mAP hard" in found["LRML", "+ query expansion"]
    held_out = rows(whole, table=1)
    assert list(held_out) == [("before training",), ("LRML",)]
    assert held_out["before training",]["rank correlation"][0] == pytest.approx(1)
    assert {file.name for file in (whole / "figures").iterdir()} == {
        "gallery.png", "negatives.png",
    }  # fmt: skip
    model = load_model(whole / "model.keras")
    with np.load(whole / "descriptors.npz") as file:
        first = tf.io.decode_png(small_data().benchmarks[0].database.blobs[0])
        described = model(tf.cast(first[None], tf.float32))
        np.testing.assert_allclose(described[0], file["drawn/database"][0], atol=1e-4)
        assert file["drawn/query_ids"].tolist() == ["3-000.png", "3-001.png", "3-002.png"]


@pytest.mark.usefixtures("eager_training")
def test_published_sets_from_their_folders_with_pictures_that_are_not_square(
    tmp_path, monkeypatch, capsys
):
    cids = [f"{i}{i:02x}abcd{i}f" for i in range(10)]
    pairs = {"cluster": [7, 7, 3, 3, 4], "qidxs": [0, 2, 3], "pidxs": [1, 3, 2]}
    lists = {"train": {"cids": cids[:5], **pairs}, "val": {"cids": cids[5:], **pairs}}
    test_sfm.write(tmp_path / "data/train", lists, cids=cids)
    test_oxford_paris.write_revisited(tmp_path / "data/test/roxford5k")
    test_oxford_paris.write(tmp_path / "data/test/oxford5k")
    monkeypatch.setattr(instance_data, "load_instances", load_instances)
    monkeypatch.setattr(starting_weights, "starting_weights", lambda *_: start)
    start = tfretrieval.backbones.resnet18((None, None, 3), width=6).get_weights()
    settings = {
        "dataset": "retrieval-SfM-120k",
        "benchmarks": ("roxford5k", "oxford5k"),
        "data_dir": str(tmp_path / "data"),
        "negatives": 1,
        "pool": 5,
        "batch_size": 1,
        "neighbours": 2,
        "epochs": 1,
    }
    assert run(tmp_path / "run", losses=("lrml",), **settings) == 0
    printed = capsys.readouterr().out
    assert "mAP roxford5k hard" in printed and "mAP oxford5k all" in printed
    assert "ground truth of 2 queries, the published one has 55" in printed


@pytest.mark.usefixtures("eager_training")
def test_several_seeds_in_one_table_with_intervals(tmp_path, capsys):
    """Behind a frozen network, which takes the least; the tiny one takes any weights."""
    frozen = {"training": "frozen", "weights": "imagenet", "epochs": 1}
    losses = ("lrml", "lrml-all")
    assert run(tmp_path / "run", "--seeds", "2", losses=losses, **frozen) == 0
    printed = capsys.readouterr().out
    [line] = [
        x
        for x in printed.splitlines()
        if x.startswith("| LRML, all negatives, descriptor, hard ")
        and "| LRML, descriptor, hard " in x
    ]
    each = [
        one["LRML, all negatives", "descriptor"]["mAP hard"][0]
        - one["LRML", "descriptor"]["mAP hard"][0]
        for one in (rows(tmp_path / f"run/seed-{seed}") for seed in (0, 1))
    ]
    assert line.split("|")[-2].strip() == ", ".join(f"{100 * x:+.1f}" for x in each)


def test_the_framework_s_numbers_are_the_defaults():
    config = Config()
    assert (config.negatives, config.queries, config.pool) == (5, 2000, 20_000)
    assert (config.image_size, config.long_side, config.batch_size) == (362, 1024, 5)
    assert config.epochs == 100


def test_margins_are_numbers_on_the_command_line_too():
    flags = ["--margin", "0.85", "--delta", "0.05", "--triplet-margin", "0.1"]
    given = vars(parser(RECIPE, Config, "about").parse_args(flags))
    assert (given["margin"], given["delta"], given["triplet_margin"]) == (0.85, 0.05, 0.1)


def test_demo_shrinks_and_downloads_nothing():
    changed = {k for k, v in Config.demo_settings().items() if getattr(Config(), k) != v}
    assert changed == {
        *("dataset", "backbone", "width", "weights", "image_size", "long_side"),
        *("queries", "pool", "epochs", "pretraining", "learning_rate"),
    }
    assert not Config().download
