"""What a plan says of a tiny run, against that run."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from recipes import folder_triplet
from recipes.common import networks
from recipes.common.cli import main
from recipes.common.data import Divided
from recipes.common.recipe import opened
from recipes.cub_triplet import load
from recipes.triplet import plan, saliency
from recipes.triplet.work import run_steps
from tests.data_pipelines.pictures import make_records
from tests.recipes.triplet.tiny import FLAGS
from tfretrieval.models import classifier
from tfretrieval.run_folder import RunFolder

pytestmark = pytest.mark.usefixtures("eager_training")

SMALL = {
    "image_size": 32, "width": 4, "epochs": 2, "batch_size": 8, "bits": 12, "hash_epochs": 5,
    "remine": 2, "margins": (1.0,), "networks": ("resnet18_i+crop",),
}  # fmt: skip


@pytest.fixture(autouse=True)
def few_batches(monkeypatch):
    monkeypatch.setattr(plan, "TIMED_BATCHES", 2)


@pytest.fixture
def run(triplet_pictures, tmp_path):
    return open_run(tmp_path / "opened", triplet_pictures)


def open_run(path, pictures, **settings):
    config = folder_triplet.Config(data_dir=str(pictures), **{**SMALL, **settings})
    return opened(config, RunFolder(path, config), load)


def planned(run, **settings):
    """Parts of the run, where everything takes one second."""
    config = dataclasses.replace(run.config, **settings)
    steps = run_steps(config)
    seconds = dict.fromkeys(("resnet18", "resnet18_i"), 1.0)
    heads = {(step.kind, step.bits): 1.0 for step in steps}
    costs = plan.Costs(seconds, seconds, 1.0, heads)
    return list(plan.works(config, {config.protocol: run.data}, steps, costs))


@pytest.mark.usefixtures("all_files")
def test_steps_and_disk_are_those_of_a_run(triplet_pictures, tmp_path, monkeypatch, small_network):
    run = open_run(tmp_path / "run", triplet_pictures, width=1024, epochs=1, hash_epochs=3)
    done = {"stage 1": 0, "head": 0}
    fit = tf.keras.Model.fit

    def counting(self, *arguments, initial_epoch, epochs, steps_per_epoch, **options):
        stage = "stage 1" if len(self.input_shape) == 4 else "head"
        done[stage] += (epochs - initial_epoch) * steps_per_epoch
        return fit(
            self,
            *arguments,
            initial_epoch=initial_epoch,
            epochs=epochs,
            steps_per_epoch=steps_per_epoch,
            **options,
        )

    monkeypatch.setattr(tf.keras.Model, "fit", counting)
    settings = {name: getattr(run.config, name) for name in (*SMALL, "data_dir")}
    flags = []
    for name, value in settings.items():
        values = value if isinstance(value, tuple) else [value]
        flags += ["--" + name.replace("_", "-"), *values]
    argv = [*map(str, flags), "--run-dir", str(tmp_path / "run")]
    assert main(folder_triplet.RECIPE, folder_triplet.Config, "about", argv) == 0
    work = planned(run)
    for stage, steps in done.items():
        assert sum(part.batches for part in work if f" {stage}" in part.name) == steps > 0

    taken = sum(file.stat().st_size for file in run.folder.path.rglob("*") if file.is_file())
    size, localizer = looking(run)
    sizes = dict.fromkeys(("resnet18", "resnet18_i"), size)
    files = plan.disk(run.config, run.data, run_steps(run.config), sizes, localizer)
    assert 0.8 * taken < sum(files.values()) < 1.2 * taken


def looking(run):
    """Size of the network of stage 1, and the localizer that it makes."""
    model = classifier(networks.backbone("resnet18", run.config), run.data.num_classes)
    model.compile(tf.keras.optimizers.AdamW(), jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    return plan._size(model), saliency.localizer(model, run.config)


def plan_of(pictures, tmp_path, *flags):
    argv = [*FLAGS, "--plan", "--run-dir", str(tmp_path / "run"), "--data-dir", str(pictures)]
    return main(folder_triplet.RECIPE, folder_triplet.Config, "about", [*argv, *flags])


def test_a_plan_is_printed_and_nothing_is_written(
    triplet_pictures, tmp_path, capsys, small_network
):
    flags = ["--networks", "resnet18", "resnet18_i+crop", "--protocol", "selected"]
    assert plan_of(triplet_pictures, tmp_path, *flags) == 0
    printed = capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
    assert "36 pictures, 21 and then 24 trained on" in printed
    # Twice: once to choose, once with what was chosen.
    assert printed.count("ResNet18-I, crop: stage 1, 1 epochs of") == 2
    assert printed.count("saliency, 36 pictures") == 2
    assert printed.count("mixed_float16") == 2 and "Measured" in printed
    assert tf.keras.mixed_precision.global_policy().name == "float32"


def test_tables_and_seeds_are_planned(triplet_pictures, tmp_path, capsys, small_network):
    assert plan_of(triplet_pictures, tmp_path, "--table", "1", "3", "--seeds", "3") == 0
    printed = capsys.readouterr().out
    assert "# Plan of tables 1, 3 of folder_triplet" in printed and "3 seeds." in printed
    assert printed.count(": stage 1, ") == 3 and "ResNet18-I, alpha 0.4: stage 1" in printed
    for bits in (16, 32, 48, 64):
        assert f"ResNet18-I, alpha 0.4: 1 mined head of {bits} bits" in printed
    assert "| 3 seeds " in printed and "savedmodel" not in printed
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("training", ["frozen", "fine_tuned"])
def test_a_network_with_weights_is_planned_by_what_it_does(
    triplet_pictures, tmp_path, capsys, small_network, training
):
    flags = ["--networks", "resnet18", "--training", training, "--fine-tune-epochs", "3"]
    flags += ["--hash-input", "features", "probabilities"]
    assert plan_of(triplet_pictures, tmp_path, *flags) == 0
    printed = capsys.readouterr().out
    assert "ResNet18: frozen features of 36 pictures" in printed
    assert ("ResNet18: stage 1, 3 epochs of" in printed) == (training == "fine_tuned")
    assert "ResNet18, probabilities: 1 cross-entropy head" in printed
    assert list(tmp_path.iterdir()) == []


def test_every_seed_takes_as_long_as_the_first():
    lines = list(plan._time_lines([plan.Work("a part", 2, 60.0)], 3, 1))
    times = {
        line.split("|")[1].strip(): line.split("|")[4].strip() for line in lines if "|" in line
    }
    assert times["together"] == plan._duration(60.0)
    assert times["3 seeds"] == plan._duration(180.0) != times["together"]


def test_a_batch_is_timed_without_the_first(monkeypatch):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(plan.time, "monotonic", lambda: clock.now)

    def step(seconds):
        clock.now += seconds

    assert plan._seconds_a_batch(step, [(100.0,), (1.0,), (3.0,)]) == 2.0
    # A kind that takes too long is not timed to its end.
    monkeypatch.setattr(plan, "TIMED_SECONDS", 10.0)
    assert plan._seconds_a_batch(step, [(100.0,), (20.0,), (9999.0,)]) == 20.0


@pytest.mark.parametrize("kind, expected", [("cross-entropy", 6), ("mined", 5)])
def test_a_picture_alone_in_its_class_anchors_no_triplet(kind, expected):
    records = make_records([0, 0, 0, 1, 1, 2, 0])
    train = np.arange(6)
    data = Divided("set", "1", records, train, train, [6], fit=train, held_out=train[:0])
    assert plan.examples(kind, data) == expected


@pytest.mark.parametrize(
    "change, part, ratio",
    [
        ({"epochs": 4}, "stage 1", 2),
        ({"hash_epochs": 10}, "head", 2),
        ({"batch_size": 4}, "features", 2),
    ],
)
def test_the_steps_follow_the_settings(run, change, part, ratio):
    def batches(**settings):
        return sum(p.batches for p in planned(run, **settings) if part in p.name)

    assert batches(**change) == pytest.approx(ratio * batches(), abs=1)


def test_what_a_run_refuses_is_refused(tmp_path, capsys):
    assert plan_of(tmp_path / "nowhere", tmp_path) == 2
    assert "nowhere" in capsys.readouterr().err
