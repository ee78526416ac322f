"""Recipes that are ``cub_triplet`` with other data, held to that."""

import dataclasses

from recipes import cub_triplet
from recipes.common.cli import main
from recipes.triplet.published import published_beside


def check_other_data(recipe, dataset, published, folder, capsys):
    """Its settings differ in the data alone, published rows are its own, data are asked for."""
    ours, theirs = (dataclasses.asdict(r.Config()) for r in (recipe, cub_triplet))
    assert {key for key in ours if ours[key] != theirs[key]} == {"recipe", "dataset"}
    assert ours["dataset"] == dataset
    assert recipe.RECIPE is cub_triplet.RECIPE

    assert published_beside(recipe.Config()) is published
    assert published_beside(recipe.Config(classes=20)) is None

    argv = ["--data-dir", str(folder / "empty"), "--run-dir", str(folder / "run")]
    argv += ["--weights", "none", "--saliency-network", "stage1"]
    assert main(recipe.RECIPE, recipe.Config, "", argv) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and dataset in error
