"""What a plan says of a tiny run, against that run."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from recipes import cub_triplet, folder_triplet
from recipes.common import networks, plan, saliency
from recipes.common.cli import main
from recipes.common.data import Experiment, open_data
from tests.recipes.pictures import write_folder
from tfretrieval.models import classifier
from tfretrieval.run_folder import RunFolder

SMALL = {
    "image_size": 32, "width": 4, "epochs": 2, "batch_size": 8, "bits": 12, "hash_epochs": 5,
    "remine": 2, "margins": (1.0,), "networks": ("resnet18_i+crop",),
}  # fmt: skip


@pytest.fixture(autouse=True)
def few_batches(monkeypatch):
    monkeypatch.setattr(plan, "TIMED_BATCHES", 2)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("pictures"))


def configured(pictures, **settings):
    return folder_triplet.Config(data_dir=str(pictures), **{**SMALL, **settings})


def planned(config, experiment):
    """Parts of the run, where everything takes one second."""
    seconds = dict.fromkeys(("resnet18", "resnet18_i"), 1.0)
    kinds = dict.fromkeys(plan.head_kinds(config, experiment), 1.0)
    return list(plan.works(config, experiment, seconds, seconds, 1.0, kinds))


def test_steps_and_disk_are_those_of_a_run(pictures, tmp_path, monkeypatch, small_network):
    config = configured(pictures, width=1024, epochs=1, hash_epochs=3)
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
    folder = RunFolder(tmp_path / "run", config)
    cub_triplet.run(config, folder)
    experiment = open_data(config, folder)
    work = planned(config, experiment)
    for stage, steps in done.items():
        assert sum(part.batches for part in work if f" {stage}" in part.name) == steps > 0

    taken = sum(file.stat().st_size for file in folder.path.rglob("*") if file.is_file())
    size, localizer = looking(config, experiment)
    sizes = dict.fromkeys(("resnet18", "resnet18_i"), size)
    files = plan.disk(config, experiment, sizes, localizer)
    assert 0.8 * taken < sum(files.values()) < 1.2 * taken


def looking(config, experiment):
    """Size of the network of stage 1, and the localizer that it makes."""
    model = classifier(networks.backbone("resnet18", config), experiment.data.num_classes)
    model.compile(tf.keras.optimizers.AdamW(), jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    return plan._size(model), saliency.localizer(model, config)


def test_a_plan_is_printed_and_nothing_is_written(pictures, tmp_path, capsys, small_network):
    flags = [f for name in ("image_size", "width", "epochs", "batch_size", "bits", "hash_epochs")
             for f in ("--" + name.replace("_", "-"), str(SMALL[name]))]  # fmt: skip
    argv = ["--plan", "--run-dir", str(tmp_path / "run"), "--data-dir", str(pictures), *flags]
    argv += ["--networks", "resnet18", "resnet18_i+crop", "--protocol", "selected"]
    recipe = (folder_triplet.Config, cub_triplet.run, cub_triplet.run_seeds, "about", argv)
    assert main(*recipe, plan=cub_triplet.plan) == 0
    printed = capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
    assert "36 pictures, 21 and then 24 trained on" in printed
    # Twice: once to choose, once with what was chosen.
    assert printed.count("ResNet18-I, crop: stage 1, 2 epochs of") == 2
    assert printed.count("saliency, 36 pictures") == 2
    assert printed.count("mixed_float16") == 2 and "Measured" in printed
    assert tf.keras.mixed_precision.global_policy().name == "float32"


def test_the_times_of_all_kinds_are_measured(pictures, small_network, tmp_path):
    config = configured(pictures)
    experiment = open_data(config, RunFolder(tmp_path, config))
    heads = plan._time_heads(8, config, experiment)
    assert set(heads) == {"cross-entropy", "mined", "all_pairs"} and min(heads.values()) > 0


def test_a_batch_is_timed_without_the_first(monkeypatch):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(plan.time, "monotonic", lambda: clock.now)

    def step(seconds):
        clock.now += seconds

    assert plan._seconds_a_batch(step, [(100.0,), (1.0,), (3.0,)]) == 2.0
    # A kind that takes too long is not timed to its end.
    monkeypatch.setattr(plan, "TIMED_SECONDS", 10.0)
    assert plan._seconds_a_batch(step, [(100.0,), (20.0,), (9999.0,)]) == 20.0


def test_a_picture_alone_in_its_class_anchors_no_triplet():
    labels = np.array([0, 0, 0, 1, 1, 2], np.int32)
    records = SimpleNamespace(labels=labels)
    experiment = Experiment(SimpleNamespace(records=records), np.arange(6), np.arange(0), "")
    kinds = plan.head_kinds(folder_triplet.Config(margins=(1.0, 2.0)), experiment)
    assert kinds == {"cross-entropy": (1, 6), "mined": (5, 5), "all_pairs": (1, 5)}


@pytest.mark.parametrize(
    "change, part, ratio",
    [
        ({"epochs": 4}, "stage 1", 2),
        ({"hash_epochs": 10}, "head", 2),
        ({"batch_size": 4}, "features", 2),
    ],
)
def test_the_steps_follow_the_settings(pictures, tmp_path, change, part, ratio):
    config = configured(pictures)
    experiment = open_data(config, RunFolder(tmp_path, config))

    def batches(settings):
        work = planned(dataclasses.replace(config, **settings), experiment)
        return sum(p.batches for p in work if part in p.name)

    assert batches(change) == pytest.approx(ratio * batches({}), abs=1)


def test_what_a_run_refuses_is_refused(tmp_path, capsys):
    argv = ["--plan", "--data-dir", str(tmp_path / "nowhere")]
    recipe = (folder_triplet.Config, cub_triplet.run, cub_triplet.run_seeds, "about", argv)
    assert main(*recipe, plan=cub_triplet.plan) == 2
    assert "nowhere" in capsys.readouterr().err
