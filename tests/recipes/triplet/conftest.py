"""Tiny runs of the triplet recipes that tests look at."""

import json

import pytest

from recipes import folder_triplet
from recipes.common.cli import main
from tests.recipes.conftest import tiny_runs
from tests.recipes.pictures import write_folder, write_table_with_boxes
from tests.recipes.triplet.tiny import FLAGS


@pytest.fixture(scope="session")
def triplet_pictures(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="session")
def table_with_boxes(tmp_path_factory):
    return write_table_with_boxes(tmp_path_factory.mktemp("table"))


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory):
    """Runs ``folder_triplet`` on a network of one convolution, once for the same flags."""
    done = {}

    def run(*flags, drawn=False):
        if flags not in done:
            done[flags] = tmp_path_factory.mktemp("runs") / "run"
            argv = [*FLAGS, "--run-dir", str(done[flags]), *map(str, flags)]
            with tiny_runs(drawn):
                assert main(folder_triplet.RECIPE, folder_triplet.Config, "about", argv) == 0
        return done[flags]

    return run


@pytest.fixture(scope="session")
def selected(run_folder, triplet_pictures):
    """A run that chooses first: on whole pictures and on crops."""
    return run_folder(
        *("--data-dir", triplet_pictures, "--protocol", "selected", "--margins", 1, 4),
        *("--networks", "resnet18", "resnet18_i+crop"),
        drawn=True,
    )


@pytest.fixture(scope="session")
def paper(run_folder, triplet_pictures):
    """A run by the protocol of the paper."""
    return run_folder(
        *("--data-dir", triplet_pictures, "--protocol", "paper", "--margins", 1, 4),
        *("--margin", 4, "--networks", "resnet18"),
    )


@pytest.fixture
def read_results():
    return lambda run: json.loads((run / "results.json").read_text())
