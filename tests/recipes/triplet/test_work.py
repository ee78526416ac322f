"""A plan counts the steps that a run does: the files of the one are those of the other."""

import dataclasses
import json

import pytest

from recipes import folder_triplet
from recipes.common.cli import main
from recipes.triplet.work import cells, looks, reads, row_title, run_steps, table_steps
from tests.recipes.triplet.tiny import FLAGS

pytestmark = pytest.mark.usefixtures("eager_training")

BESIDE = {"average_precision", "codes"}


def steps_of(run):
    """Files of the finished steps, without what a report and an export write."""
    files = {str(file.relative_to(run).with_suffix("")) for file in run.rglob("*.npz")}
    return {file for file in files if file.rpartition("/")[2] not in BESIDE}


def configured(run, **settings):
    written = json.loads((run / "config.json").read_text())
    known = {f.name for f in dataclasses.fields(folder_triplet.Config) if f.init}
    given = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in written.items()
        if name in known
    }
    return folder_triplet.Config(**{**given, **settings})


def test_a_run_leaves_the_files_of_its_steps(selected, paper):
    for run in (selected, paper):
        steps = [step.file for step in run_steps(configured(run))]
        assert set(steps) == steps_of(run) and len(set(steps)) == len(steps)
    assert {step.protocol for step in run_steps(configured(selected))} == {"held_out", "paper"}


def test_tables_leave_the_files_of_their_steps(triplet_pictures, tmp_path, small_network):
    argv = [*FLAGS, "--data-dir", str(triplet_pictures), "--run-dir", str(tmp_path / "run")]
    argv += ["--hash-epochs", "2", "--table", "1", "3"]
    assert main(folder_triplet.RECIPE, folder_triplet.Config, "about", argv) == 0
    steps = [step.file for step in table_steps(configured(tmp_path / "run"), [1, 3])]
    assert set(steps) == steps_of(tmp_path / "run") and len(set(steps)) == len(steps)


@pytest.mark.parametrize("network", ["stage1", "inception_v3"])
def test_only_stage_1_trains_the_network_that_looks(network):
    config = folder_triplet.Config(networks=("resnet18_i+crop",), saliency_network=network)
    trained = [step.network for step in run_steps(config) if step.kind == "stage 1"]
    assert trained == ["resnet18"] * (network == "stage1") + ["resnet18_i+crop"]


def test_a_table_of_whole_pictures_looks_nowhere():
    config = folder_triplet.Config()
    assert not looks(cell.name for cell in cells(1, config))
    assert not any(step.kind == "saliency" for step in table_steps(config, [1]))
    whole = folder_triplet.Config(alpha="none", networks=("resnet18",))
    assert [cell.name for cell in cells(3, whole)] == ["resnet18_i"] * 4


@pytest.mark.parametrize("training", ["frozen", "fine_tuned"])
def test_a_network_with_weights_leaves_the_files_of_its_steps(
    triplet_pictures, tmp_path, monkeypatch, small_network, training
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    argv = [*FLAGS, "--data-dir", str(triplet_pictures), "--run-dir", str(tmp_path / "run")]
    argv += ["--training", training, "--hash-input", "features", "probabilities"]
    argv += ["--networks", "resnet18+whole+crop", "--margins", "4", "--fine-tune-epochs", "2"]
    assert main(folder_triplet.RECIPE, folder_triplet.Config, "about", argv) == 0
    steps = [step.file for step in run_steps(configured(tmp_path / "run"))]
    assert set(steps) == steps_of(tmp_path / "run") and len(set(steps)) == len(steps)


def test_what_follows_a_plus_is_seen_and_what_follows_a_colon_is_read():
    assert looks(["resnet18+whole+crop"]) and looks(["resnet18+0.4"])
    assert not looks(["resnet18", "resnet18+box"])
    assert row_title("efficientnet_lite0+box") == "EfficientNet-Lite0, box"
    assert (
        reads("resnet18+crop:probabilities") == "probabilities" and reads("resnet18") == "features"
    )
