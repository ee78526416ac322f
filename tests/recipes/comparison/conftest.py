"""A run of a comparison that tests look at."""

import json

import pytest

from recipes import compare
from recipes.common.cli import main
from tests.recipes.comparison.flags import FEW_TRIALS, FLAGS
from tests.recipes.conftest import tiny_runs

METHODS = ("cosine", "hog", "predicted", "lsh", "itq", "scda_itq", "dsh", "adaptive_triplet")


@pytest.fixture(scope="session")
def compared(tmp_path_factory, comparison_pictures):
    """Some methods of every kind, of two seeds, with choices."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    flags = ["--data-dir", str(comparison_pictures), "--run-dir", str(folder), "--seeds", "2"]
    with tiny_runs(drawn=True) as patch:
        patch.setattr("recipes.comparison.search.TRIALS", FEW_TRIALS)
        # Of a frozen network choices are made once, for both seeds; the tiny one takes any weights.
        patch.setenv("XDG_CACHE_HOME", str(folder.parent / "cache"))
        frozen = ("--training", "frozen", "--weights", "imagenet")
        argv = [*FLAGS, *flags, *frozen, "--methods", *METHODS]
        assert main(compare.RECIPE, compare.Config, "about", argv) == 0
    return folder


@pytest.fixture(scope="session")
def tables(compared):
    """Title -> names -> figures, of both seeds together."""
    written = json.loads((compared / "results.json").read_text())
    return {
        table["title"]: {tuple(row["names"]): row["figures"] for row in table["rows"]}
        for table in written["tables"]
    }
