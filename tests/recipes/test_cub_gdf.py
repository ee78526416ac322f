"""Tiny runs of GDF-Net, end to end; every flag of its own changes what comes out."""

import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf

from recipes import cars_gdf, cub_gdf, dogs_gdf
from recipes.common import gdf_report, session
from recipes.common.cli import ConfigError, main
from recipes.common.data import open_data
from recipes.cub_gdf import ALL_ROWS, ROWS, Config, network
from tests.checks import RUN_FILES, check_recipe
from tests.recipes.pictures import write_folder
from tfretrieval.evaluation import bit_usage
from tfretrieval.run_folder import RunFolder

SMALL = [
    *("--dataset", "folder", "--image-size", "16", "--width", "4", "--weights", "none"),
    *("--backbone", "resnet18", "--epochs", "2", "--batch-size", "8", "--bits", "12"),
    *("--pretraining", "1", "--parts", "3", "--neighbours", "2", "--hash-epochs", "2"),
]
FROZEN = ["cross-entropy", "fixed", "adaptive"]


def run(run_dir, pictures, *flags, recipe=cub_gdf):
    argv = [*SMALL, "--data-dir", str(pictures), "--run-dir", str(run_dir), *flags]
    return main(recipe.Config, cub_gdf.run, cub_gdf.run_seeds, "about", argv)


def results(run_dir):
    return json.loads((run_dir / "results.json").read_text())


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("pictures"))


def test_contract(tmp_path, pictures, monkeypatch, small_network):
    flags = ("--rows", "backbone", "balance", "--more-bits", "8")
    files = RUN_FILES | {"8-bits"}
    check_recipe(
        lambda run_dir: run(run_dir, pictures, *flags),
        tmp_path,
        pictures,
        monkeypatch,
        files,
        step=9,
    )
    found = results(tmp_path / "whole")
    assert list(found["rows"]) == ["backbone", "balance", *FROZEN]
    assert all(list(lengths) == ["12", "8"] for lengths in found["lengths"].values())
    drawn = {file.name for file in (tmp_path / "whole/figures").iterdir()}
    assert drawn == {"bit_usage.png", "gallery.png", "parts.png"}
    with np.load(tmp_path / "whole/8-bits/codes.npz") as codes:
        assert codes["database_codes"].shape == (24, 8)
    with np.load(tmp_path / "whole/codes.npz") as codes:
        usage = bit_usage(codes["database_codes"])
    assert found["bits"]["balance"]["entropy"] == usage.mean_entropy
    lines = (tmp_path / "whole/metrics.jsonl").read_text().splitlines()
    rows = {json.loads(line)["row"] for line in lines}
    assert {"frozen", "backbone, 12 bits", "adaptive, 8 bits"} <= rows


def trained(row, pictures, folder, **settings):
    """The history of a row."""
    sizes = {"dataset": "folder", "image_size": 16, "width": 4, "weights": "none", "epochs": 2}
    sizes["pretraining"] = 0
    own = {"backbone": "resnet18", "bits": 12, "parts": 3, "neighbours": 2, "batch_size": 8}
    config = Config(data_dir=str(pictures), **{**sizes, **own, **settings})
    run_folder = RunFolder(folder, config)
    strategy = session.start(config)
    experiment = open_data(config, run_folder, hold_out=False)
    starting = cub_gdf.starting_weights(config, experiment, run_folder, strategy)
    return cub_gdf.train(row, starting, config, experiment, run_folder, strategy)


@pytest.mark.parametrize(
    "row, settings",
    [
        ("attention", {"parts": 4}),
        ("graph", {"neighbours": 3}),
        ("cauchy", {"quantization": 9.0}),
        ("cauchy", {"gamma": 0.5}),
        ("balance", {"balance": 9.0}),
        ("balance", {"balance_per": "image"}),
        ("backbone", {"hash_activation": "sigmoid"}),
        ("backbone", {"layer": "conv"}),
        ("backbone", {"pretraining": 1}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_every_flag_changes_the_training(tmp_path, pictures, small_network, row, settings):
    _, before = trained(row, pictures, tmp_path / "before")
    _, after = trained(row, pictures, tmp_path / "after", **settings)
    assert before["logits_loss"][-1] != after["logits_loss"][-1]


def test_a_term_that_a_row_does_without_changes_nothing(tmp_path, pictures, small_network):
    _, before = trained("graph", pictures, tmp_path / "before")
    _, after = trained("graph", pictures, tmp_path / "after", quantization=9.0, balance=9.0)
    np.testing.assert_array_equal(before["loss"], after["loss"])
    np.testing.assert_array_equal(before["loss"], before["logits_loss"])


def test_all_rows_start_from_the_same_backbone(tmp_path, pictures, small_network, monkeypatch):
    monkeypatch.setattr("recipes.common.stage1.fit", lambda *args, **kwargs: {})
    models = [trained(row, pictures, tmp_path / row)[0] for row in ROWS]
    starts = [model.get_layer("map").get_weights() for model in models]
    kernels = [model.layers[2].get_weights()[0] for model in models]
    for kernel, start in zip(kernels[1:], starts[1:], strict=True):
        np.testing.assert_array_equal(kernel, kernels[0])
        np.testing.assert_array_equal(start, starts[0])


def test_several_seeds_in_one_table_with_intervals(tmp_path, pictures, capsys, small_network):
    flags = ("--seeds", "2", "--rows", "backbone", "attention", "--more-bits", "8")
    assert run(tmp_path / "run", pictures, *flags) == 0
    printed = capsys.readouterr().out
    differences = [line for line in printed.splitlines() if " to " in line and line[0] == "|"]
    firsts = [[cell.strip() for cell in line.split("|")[1:3]] for line in differences]
    assert firsts == [
        ["+ attention", "backbone"],
        ["frozen, adaptive triplet", "frozen, cross-entropy codes"],
        ["frozen, adaptive triplet", "frozen, fixed-margin triplet"],
        ["+ attention", "frozen, adaptive triplet"],
    ]
    each = [
        one["rows"]["attention"]["mAP"] - one["rows"]["backbone"]["mAP"]
        for one in (results(tmp_path / f"run/seed-{seed}") for seed in (0, 1))
    ]
    shown = differences[0].split("|")[-2].strip()
    assert shown == ", ".join(f"{100 * value:+.1f}" for value in each)


def test_crops_and_drops_are_a_row_that_resumes(tmp_path, pictures, monkeypatch, small_network):
    flags = ("--rows", "balance", "augmentation", "--epochs", "3")
    check_recipe(
        lambda run_dir: run(run_dir, pictures, *flags),
        tmp_path,
        pictures,
        monkeypatch,
        step=5,
    )
    lines = map(json.loads, (tmp_path / "whole/metrics.jsonl").read_text().splitlines())
    rows = [line for line in lines if line["row"] == "augmentation, 12 bits"]
    assert len(rows) == 3
    for row in rows:
        views = np.mean([row["logits_loss"], row["crop_loss"], row["drop_loss"]])
        np.testing.assert_allclose(row["loss"], views + row["codes_loss"], rtol=1e-5)
        assert len({row["logits_loss"], row["crop_loss"], row["drop_loss"]}) == 3


def test_margin_changes_the_fixed_triplet_alone(tmp_path, pictures, small_network):
    found = []
    for margin in ("1", "8"):
        assert run(tmp_path / margin, pictures, "--rows", "backbone", "--margin", margin) == 0
        with np.load(tmp_path / margin / "frozen/fixed.npz") as head:
            fixed = head["codes"]
        with np.load(tmp_path / margin / "frozen/adaptive.npz") as head:
            found.append((fixed, head["codes"]))
    assert np.abs(found[0][0] - found[1][0]).max() > 1e-6
    np.testing.assert_array_equal(found[0][1], found[1][1])


def test_a_network_without_parts_has_no_picture_of_them(tmp_path, pictures, small_network):
    assert run(tmp_path / "run", pictures, "--rows", "backbone") == 0
    assert not (tmp_path / "run/figures/parts.png").exists()
    assert "parts.png" not in (tmp_path / "run/report.md").read_text()


@pytest.mark.parametrize(
    "change",
    [
        {"parts": 0},
        {"neighbours": 0},
        {"parts": 2, "neighbours": 3},
        {"gamma": 0.0},
        {"quantization": -1.0},
        {"balance": -1.0},
        {"margin": -1.0},
        {"more_bits": (0,)},
        {"more_bits": (48,)},
        {"more_bits": (16, 16)},
        {"rows": ("graph", "backbone")},
        {"rows": ("graph", "graph")},
        {"remine": 0},
        {"pretraining": -1},
        {"beta": 0.0},
    ],
    ids=str,
)
def test_settings_outside_their_range_are_one_line(change):
    with pytest.raises(ConfigError, match="--"):
        Config(**change)


def test_a_layer_that_there_is_not_is_one_line(tmp_path, pictures, capsys, small_network):
    assert run(tmp_path / "run", pictures, "--layer", "mixed99") == 2
    error = capsys.readouterr().err
    assert error == "error: --layer mixed99: no map of resnet18, which ends in map\n"


@pytest.mark.parametrize(
    "name, size, layer, shape",
    [
        ("resnet18", 96, None, (None, 6, 6, 256)),
        ("resnet18", 96, "stage4_block2_out", (None, 3, 3, 512)),
        ("inception_v3", 299, None, (None, 17, 17, 768)),
    ],
)
def test_the_network_ends_before_its_last_stage(name, size, layer, shape):
    model = network(Config(backbone=name, image_size=size, layer=layer, weights="none"))
    assert model.output_shape == shape


def test_the_layer_of_inception_is_the_one_of_the_authors():
    model = network(Config(image_size=299, weights="none"))
    # Mixed_6e: the fourth block of 17 x 17 cells after the reduction, with 192 channels inside.
    assert model.layers[-1].name == "mixed7"
    inside = [x for x in model.layers[-40:] if isinstance(x, tf.keras.layers.Conv2D)]
    assert {layer.filters for layer in inside[-10:]} == {192}


def test_the_authors_numbers_are_the_defaults():
    config = Config()
    assert (config.dataset, config.backbone, config.image_size) == (
        "caltech_birds2011", "inception_v3", 448,
    )  # fmt: skip
    assert (config.bits, config.parts, config.neighbours, config.rows) == (48, 32, 3, ROWS)
    assert (config.gamma, config.quantization, config.balance) == (20.0, 0.1, 0.1)


@pytest.mark.parametrize(
    "recipe, name, dataset",
    [(dogs_gdf, "dogs_gdf", "stanford_dogs"), (cars_gdf, "cars_gdf", "cars196")],
)
def test_the_other_data_sets_differ_in_nothing_else(recipe, name, dataset):
    ours, birds = (dataclasses.asdict(config()) for config in (recipe.Config, Config))
    assert {key for key in ours if ours[key] != birds[key]} == {"recipe", "dataset"}
    assert (ours["recipe"], ours["dataset"]) == (name, dataset)


def test_every_row_has_a_title():
    assert list(gdf_report.TITLES) == [*ALL_ROWS, *FROZEN]


def test_demo_shrinks_and_downloads_nothing():
    changed = {k for k, v in Config.demo_settings().items() if getattr(Config(), k) != v}
    assert changed == {
        *("dataset", "image_size", "backbone", "width", "weights"),
        *("pretraining", "epochs", "parts", "margin"),
    }  # fmt: skip
