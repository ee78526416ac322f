"""Tiny runs of the sketch recipes, end to end; every flag of theirs changes what comes out."""

import csv
import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from recipes.common.sketches import ConstantThenLinear, trained_on

import tfretrieval
from recipes import common, sketchy_mems, tuberlin_mems
from recipes.common import session
from recipes.common.cli import ConfigError, main
from recipes.common.run_folder import RunFolder
from recipes.sketchy_mems import Config
from tests.checks import check_recipe
from tfretrieval.layers import DomainAwareSqueezeExcite, SqueezeExcite

SMALL = [
    *("--dataset", "folder", "--image-size", "16", "--width", "4", "--weights", "none"),
    *("--depth", "18", "--embedding", "6", "--epochs", "2", "--per-domain", "4"),
    *("--learning-rate", "0.01", "--bit-lengths", "8", "16", "--code-steps", "5"),
]
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
        "results.json",
    }
)


def write_table(folder, domains=True, gallery=(0, 1, 2, 3)):
    """Grey sketches and coloured photos of four classes, the last unseen, as a CSV file."""
    generator = np.random.default_rng(0)
    rows = []
    for label in range(4):
        colour = generator.uniform(0, 255, 3)
        parts = [("sketch", "train", 6)] * (label < 3) + [("sketch", "test", 3)]
        parts += [("photo", "train" if label < 3 else "database", 5)] * (label in gallery)
        for kind, part, count in parts:
            for number in range(count):
                pixels = colour + generator.normal(0, 40, (20, 20, 3))
                if kind == "sketch":
                    pixels = np.repeat(pixels.mean(axis=2, keepdims=True), 3, axis=2)
                path = folder / f"{kind}-{part}-{label}-{number}.png"
                Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
                rows.append([path.name, f"class {label}", part, int(kind == "photo")])
    with open(folder / "table.csv", "w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["path", "label", "split", "domain"][: 3 + domains])
        table.writerows(row[: 3 + domains] for row in rows)
    return folder / "table.csv"


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return write_table(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(autouse=True)
def small_networks(monkeypatch):
    """One convolution and one gate in place of the ResNets."""

    def plain(input_shape, width, **options):
        image = tf.keras.Input(input_shape, name="image")
        return tf.keras.Model(image, convolved(image, width))

    def gated(input_shape, width, depth, domain_aware, inception_c, **options):
        image = tf.keras.Input(input_shape, name="image")
        x = convolved(image, width)
        if not domain_aware:
            return tf.keras.Model(image, SqueezeExcite(name="stage1_block1_se")(x))
        domain = tf.keras.Input((), dtype="int32", name="domain")
        x = DomainAwareSqueezeExcite(name="stage1_block1_dase")([x, domain])
        return tf.keras.Model({"image": image, "domain": domain}, x)

    def convolved(image, width):
        x = tf.keras.layers.Rescaling(1 / 255)(image)
        return tf.keras.layers.Conv2D(width, 3, strides=4)(x)

    monkeypatch.setattr(tfretrieval.backbones, "resnet18", plain)
    monkeypatch.setattr(tfretrieval.backbones, "se_resnet", gated)


def run(run_dir, table, *flags, recipe=sketchy_mems):
    argv = [*SMALL, "--data-dir", str(table), "--run-dir", str(run_dir), *flags]
    return main(recipe.Config, recipe.run, recipe.run_seeds, "about", argv)


def results(run_dir):
    return json.loads((run_dir / "results.json").read_text())


def test_contract(tmp_path, table, monkeypatch):
    flags = ("--losses", "softmax", "mems", "--gates", "none", "dase")
    check_recipe(
        lambda run_dir: run(run_dir, table, *flags), tmp_path, table, monkeypatch, FILES, step=8
    )
    found = results(tmp_path / "whole")["rows"]
    assert list(found) == ["softmax+none", "softmax+dase", "mems+none", "mems+dase"]
    assert all(list(row) == ["seen", "unseen"] for row in found.values())
    drawn = {file.name for file in (tmp_path / "whole/figures").iterdir()}
    assert drawn == {"gallery.png", "gates.png"}
    with np.load(tmp_path / "whole/codes.npz") as codes:
        assert codes["query_packed_16"].shape == (12, 2)
        assert codes["database_packed_8"].shape == (20, 1)


def trained(table, folder, loss, gates="none", **settings):
    """Features after the training of one row."""
    sizes = {"dataset": "folder", "image_size": 16, "width": 4, "weights": "none", "depth": 18}
    own = {"embedding": 6, "epochs": 2, "per_domain": 4, "learning_rate": 0.01, **settings}
    config = Config(data_dir=str(table), **sizes, **own)
    run_folder = RunFolder(folder, config)
    strategy = session.start(config)
    experiment = common.sketches.open_data(config, run_folder)
    model, _ = sketchy_mems.train(loss, gates, config, experiment, run_folder, strategy)
    encoder = tf.keras.Model(model.input, model.get_layer("embedding").output)
    features = common.sketches.embed(loss, encoder, config, experiment, run_folder)
    return features, experiment, model


@pytest.mark.parametrize(
    "loss, settings",
    [
        ("mems", {"margin": 2.0}),
        ("mems", {"annealing": 1.0}),
        ("cosface", {"cosine_margin": 0.1}),
        ("cosface", {"cosine_scale": 8.0}),
        ("softmax", {"embedding": 5}),
        ("softmax", {"per_domain": 3}),
        ("softmax", {"weight_decay": 1.0}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_every_flag_changes_the_features(tmp_path, table, loss, settings):
    before, _, _ = trained(table, tmp_path / "before", loss)
    after, _, _ = trained(table, tmp_path / "after", loss, **settings)
    assert before.shape != after.shape or np.abs(before - after).max() > 1e-5


def test_the_margin_of_a_row_is_that_of_its_name(tmp_path, table):
    named, _, _ = trained(table, tmp_path / "named", "mems-2")
    set_so, _, _ = trained(table, tmp_path / "set", "mems", margin=2.0)
    np.testing.assert_array_equal(named, set_so)


def test_unseen_classes_have_no_center_and_are_searched_for(tmp_path, table):
    features, experiment, model = trained(table, tmp_path / "run", "mems", "dase")
    assert model.output_shape == (None, 3)
    sketches, photos, number = trained_on(experiment)
    labels = experiment.data.records.labels
    assert len(sketches) == 18 and len(photos) == 15
    assert set(number.numpy()[labels[sketches]]) == {0, 1, 2}
    codes = {8: {"kernel": np.ones((6, 8)), "bias": np.zeros(8)}}
    searched = common.sketches.measure(features, codes, experiment)
    assert len(searched["seen"].average_precision) == 9
    assert len(searched["unseen"].average_precision) == 3


def test_a_mirrored_picture_has_the_features_of_its_twin(tmp_path, table):
    features, experiment, model = trained(table, tmp_path / "run", "softmax")
    records = experiment.data.records
    encoder = tf.keras.Model(model.input, model.get_layer("embedding").output)
    photo = experiment.data.database[0]
    pixels = np.asarray(Image.open(records.paths[photo]).resize((16, 16)), np.float32)
    twins = encoder.predict(np.stack([pixels, pixels[:, ::-1]]), verbose=0)
    # Pillow resizes by another rule: near, not equal; the order is what is asked.
    own, other = (np.abs(features[photo] - x).max() for x in (twins, twins[::-1]))
    assert own < other


def test_several_seeds_in_one_table_with_intervals(tmp_path, table, capsys):
    flags = ("--seeds", "2", "--losses", "softmax", "mems", "--gates", "none", "se")
    assert run(tmp_path / "run", table, *flags) == 0
    printed = capsys.readouterr().out
    lines = [x for x in printed.splitlines() if "softmax, SE" in x and "softmax, none" in x]
    assert len(lines) == 2 and all(" to " in line for line in lines)
    each = [
        one["rows"]["softmax+se"]["seen"]["mAP"] - one["rows"]["softmax+none"]["seen"]["mAP"]
        for one in (results(tmp_path / f"run/seed-{seed}") for seed in (0, 1))
    ]
    assert lines[0].split("|")[-2].strip() == ", ".join(f"{100 * x:+.1f}" for x in each)
    assert "Training took" in printed


def test_pictures_without_a_domain_are_one_line(tmp_path, capsys):
    assert run(tmp_path / "run", write_table(tmp_path, domains=False)) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "column domain, 0 and 1" in error


def test_a_class_absent_from_the_gallery_is_one_line(tmp_path, capsys):
    assert run(tmp_path / "run", write_table(tmp_path, gallery=(0, 1, 2))) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "sketches of 'class 3'" in error


@pytest.mark.parametrize(
    "change",
    [
        {"margin": 0.5},
        {"annealing": 0.0},
        {"cosine_margin": -1.0},
        {"cosine_scale": 0.0},
        {"embedding": 0},
        {"per_domain": 0},
        {"code_steps": 0},
        {"bit_lengths": (0,)},
        {"gates": ("se", "se")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_settings_outside_their_range_are_one_line(change):
    with pytest.raises(ConfigError, match="--"):
        Config(**change)


def test_the_rate_is_constant_for_half_of_the_steps_and_then_falls_to_zero():
    rate = ConstantThenLinear(0.1, 100)
    found = [float(rate(tf.constant(step))) for step in (0, 50, 75, 100)]
    np.testing.assert_allclose(found, [0.1, 0.1, 0.05, 0])
    again = ConstantThenLinear.from_config(rate.get_config())
    assert float(again(tf.constant(75))) == pytest.approx(0.05)


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
        *("dataset", "image_size", "depth", "width", "embedding", "losses", "weights"),
        *("epochs", "learning_rate", "code_steps", "margin"),
    }
