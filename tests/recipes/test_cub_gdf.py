"""Tiny runs of GDF-Net, end to end."""

import dataclasses
import json

import numpy as np
import pytest

from recipes import cars_gdf, cub_gdf, dogs_gdf
from recipes.common.cli import main
from recipes.cub_gdf import Config
from recipes.gdf.settings import RIVALS, ROWS
from tests.checks import RUN_FILES, check_recipe
from tests.recipes.pictures import write_folder
from tests.recipes.results import rows
from tfretrieval.evaluation import bit_usage

SMALL = [
    *("--dataset", "folder", "--image-size", "16", "--width", "4", "--weights", "none"),
    *("--backbone", "resnet18", "--epochs", "1", "--batch-size", "12", "--bits", "12"),
    *("--pretraining", "1", "--parts", "3", "--neighbours", "2", "--hash-epochs", "1"),
]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("pictures"))


@pytest.mark.usefixtures("eager_training", "all_files")
def test_contract(tmp_path, pictures, monkeypatch, small_network):
    """Killed again and again, with a row of each kind and a further length."""

    def run(run_dir):
        flags = ("--rows", "backbone", "augmentation", "--more-bits", "8")
        argv = [*SMALL, "--data-dir", str(pictures), "--run-dir", str(run_dir), *flags]
        return main(cub_gdf.RECIPE, Config, "about", argv)

    check_recipe(run, tmp_path, pictures, monkeypatch, RUN_FILES | {"8-bits"}, step=25)
    whole = tmp_path / "whole"
    titles = ["backbone", "+ crop and drop", *RIVALS.values()]
    assert [names[0] for names in rows(whole)] == titles
    drawn = {file.name for file in (whole / "figures").iterdir()}
    assert drawn == {"bit_usage.png", "gallery.png", "parts.png"}
    with np.load(whole / "8-bits/codes.npz") as codes:
        assert codes["database_codes"].shape == (24, 8)
    with np.load(whole / "codes.npz") as codes:
        usage = bit_usage(codes["database_codes"])
    used = rows(whole, "How the bits are used")
    assert used[("+ crop and drop",)]["entropy"] == usage.mean_entropy
    lines = (whole / "metrics.jsonl").read_text().splitlines()
    trained = {json.loads(line)["row"] for line in lines}
    assert {"frozen", "backbone, 12 bits", "adaptive, 8 bits"} <= trained


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


def test_demo_shrinks_and_downloads_nothing():
    changed = {k for k, v in Config.demo_settings().items() if getattr(Config(), k) != v}
    assert changed == {
        *("dataset", "image_size", "backbone", "width", "weights"),
        *("pretraining", "epochs", "parts", "margin"),
    }  # fmt: skip
