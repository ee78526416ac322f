"""Tiny runs of the instance recipe, end to end; every flag of its own changes what comes out."""

import hashlib
import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import tfretrieval
from data_pipelines.instance_catalogue import InstanceData, load_instances
from data_pipelines.instances import InstanceBenchmark, InstancePairs
from data_pipelines.records import DataError, Records
from recipes import sfm_lrml
from recipes.common import instances, session
from recipes.common.cli import ConfigError, main
from recipes.common.run_folder import RunFolder
from recipes.sfm_lrml import Config
from tests.checks import check_recipe
from tests.data_pipelines.pictures import encode
from tests.data_pipelines.sources import test_oxford_paris, test_sfm
from tfretrieval.evaluation import revisited
from tfretrieval.models import load_model

SMALL = {
    "dataset": "drawn_instances/demo",
    "benchmarks": (),
    "backbone": "resnet18",
    "image_size": 24,
    "long_side": 24,
    "width": 6,
    "weights": "none",
    "pretraining": 1,
    "epochs": 2,
    "queries": 6,
    "pool": 24,
    "batch_size": 3,
    "negatives": 3,
    "neighbours": 2,
    "learning_rate": 0.01,
}
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
        "results.json",
    }
)


def things(labels, seed, boxes=False):
    """Pictures of things that differ in a pattern of colours."""
    generator = np.random.default_rng(seed)
    patterns = generator.uniform(0, 255, (max(labels) + 1, 3, 3, 3))
    blobs = []
    for label in labels:
        noisy = patterns[label] + generator.normal(0, 60, (3, 3, 3))
        small = Image.fromarray(noisy.clip(0, 255).astype(np.uint8))
        blobs.append(encode(small.resize((24, 24)), "PNG"))
    return Records(
        ids=[f"{seed}-{i:03d}.png" for i in range(len(labels))],
        labels=labels,
        class_names=tuple(f"thing {i}" for i in range(max(labels) + 1)),
        blobs=blobs,
        digests=[hashlib.sha256(blob).hexdigest() for blob in blobs],
        boxes=np.tile(np.float32([0, 0, 1, 0.9]), (len(labels), 1)) if boxes else None,
    )


def pairs_of(name, records):
    same = records.labels[:, None] == records.labels
    np.fill_diagonal(same, False)
    return InstancePairs(name, records, np.argwhere(same))


def small_data():
    database = things([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 4, 5], seed=2)
    truth = [[4 * q + offset for q in range(3)] for offset in range(4)]
    easy, hard, junk = ([[i] for i in truth[k]] for k in (0, 1, 2))
    return InstanceData(
        pairs_of("train", things(np.repeat(np.arange(6), 4).tolist(), seed=0)),
        pairs_of("val", things(np.repeat(np.arange(5), 3).tolist(), seed=1)),
        (
            InstanceBenchmark(
                "drawn",
                database,
                things([0, 1, 2], seed=3, boxes=True),
                revisited(easy, hard, junk),
            ),
        ),
    )


@pytest.fixture(autouse=True)
def small_world(monkeypatch, small_network):
    monkeypatch.setattr(instances, "load_instances", lambda *names: small_data())


@pytest.fixture(scope="module")
def unchanged():
    """Loss -> descriptors with the settings above, and what searches with them find."""
    return {}


def run(run_dir, *flags, **settings):
    chosen = {**SMALL, **settings}
    argv = ["--run-dir", str(run_dir), *flags]
    for name, value in chosen.items():
        values = value if isinstance(value, tuple) else (value,)
        if values:
            argv += ["--" + name.replace("_", "-"), *map(str, values)]
    return main(Config, sfm_lrml.run, sfm_lrml.run_seeds, "about", argv)


def results(run_dir):
    return json.loads((run_dir / "results.json").read_text())


def test_contract(tmp_path, monkeypatch):
    check_recipe(
        lambda run_dir: run(run_dir, losses=("contrastive", "lrml")),
        tmp_path,
        tmp_path,
        monkeypatch,
        FILES,
        step=7,
    )
    whole = tmp_path / "whole"
    found = results(whole)
    assert list(found["held out"]) == ["before", "contrastive", "lrml"]
    names = [name for name in found["mAP"] if name.startswith("lrml/")]
    assert len(names) == 4 * 3 and "lrml/+ query expansion/drawn/hard" in names
    assert found["rank correlation"]["before"] == pytest.approx(1)
    assert {file.name for file in (whole / "figures").iterdir()} == {
        "gallery.png", "negatives.png",
    }  # fmt: skip
    model = load_model(whole / "model.keras")
    with np.load(whole / "descriptors.npz") as file:
        first = tf.io.decode_png(small_data().benchmarks[0].database.blobs[0])
        described = model(tf.cast(first[None], tf.float32))
        np.testing.assert_allclose(described[0], file["drawn/database"][0], atol=1e-4)
        assert file["drawn/query_ids"].tolist() == ["3-000.png", "3-001.png", "3-002.png"]


def trained(folder, loss, **settings):
    """Descriptors of held-out pictures after the training of one row, and the encoder."""
    config = Config(**{**SMALL, "losses": (loss,), **settings})
    run_folder = RunFolder(folder, config)
    strategy = session.start(config)
    data = instances.open_data(config, run_folder)
    encoder = sfm_lrml.build(instances.starting_weights(config, data, run_folder, strategy), config)
    sfm_lrml.train(loss, encoder, config, data, run_folder, strategy)
    every = np.arange(len(data.val.records))
    return instances.describe(encoder, data.val.records, every, config, 24), encoder


@pytest.mark.parametrize(
    "loss, settings",
    [
        ("contrastive", {"margin": 0.5}),
        ("lrml", {"delta": 0.2}),
        ("lrml", {"ranking": 1.0}),
        ("triplet", {"triplet_margin": 0.0}),
        ("contrastive", {"negatives": 2}),
        ("contrastive", {"negatives_from": "easy"}),
        ("contrastive", {"queries": 3}),
        ("contrastive", {"pool": 20}),
        ("contrastive", {"pooling": "spoc"}),
        ("contrastive", {"weight_decay": 1.0}),
        ("contrastive", {"pretraining": 2}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_every_flag_changes_the_descriptors(tmp_path, unchanged, loss, settings):
    if loss not in unchanged:
        unchanged[loss], _ = trained(tmp_path / "before", loss)
    before = unchanged[loss]
    after, _ = trained(tmp_path / "after", loss, **settings)
    assert np.abs(before - after).max() > 1e-6


@pytest.mark.parametrize("change", [{"neighbours": 1}, {"alpha": 0.0}, {"long_side": 16}])
def test_flags_of_the_search_change_the_answers(tmp_path, unchanged, change):
    for name, settings in (("search", {}), ("after", change)):
        if name not in unchanged:
            assert run(tmp_path / name, losses=("lrml",), **settings) == 0
    if "search" not in unchanged:
        unchanged["search"] = results(tmp_path / "search")["mAP"]
    before = unchanged["search"]
    after = results(tmp_path / "after")["mAP"]
    changed = {key for key in before if abs(before[key] - after[key]) > 1e-9}
    assert changed and ("long_side" in change or all("expansion" in key for key in changed))


def test_batch_normalisation_keeps_the_statistics_of_the_starting_network(tmp_path):
    _, encoder = trained(tmp_path / "run", "contrastive")
    config = Config(**SMALL)
    strategy = session.start(config)
    again = RunFolder(tmp_path / "again", config)
    start = instances.starting_weights(config, small_data(), again, strategy)
    now = encoder.get_layer("map").get_weights()
    np.testing.assert_array_equal(now[2], start[-2])
    np.testing.assert_array_equal(now[3], start[-1])


def test_all_negatives_are_one_of_every_other_thing_of_the_pool(tmp_path):
    config = Config(**{**SMALL, "pool": 24})
    data = small_data()
    assert instances.things_in_pool(config, data) == 6
    assert run(tmp_path / "run", losses=("lrml", "lrml-all")) == 0
    assert "LRML, all negatives" in (tmp_path / "run/report.md").read_text()
    loss = sfm_lrml.objective("lrml-all", 5, config)
    # Three mined negatives: margins 0.85, 0.9 and 0.95, and five from 0.85 to 0.95.
    assert loss.delta == pytest.approx(0.025)


def test_mined_negatives_are_of_other_things_of_the_pool(tmp_path):
    config, data = Config(**SMALL), small_data()
    encoder = tfretrieval.models.descriptor(
        tfretrieval.backbones.resnet18((None, None, 3), width=6)
    )
    tuples = instances.mine(encoder, 3, 0, config, data)
    labels = data.train.records.labels[tuples]
    assert tuples.shape == (6, 5)
    for query, positive, *negatives in labels.tolist():
        assert query == positive and len({query, *negatives}) == 4
    other = instances.mine(encoder, 3, 1, config, data)
    assert (tuples[:, 0] != other[:, 0]).any()


def test_published_sets_from_their_folders_with_pictures_that_are_not_square(
    tmp_path, monkeypatch, capsys
):
    cids = [f"{i}{i:02x}abcd{i}f" for i in range(10)]
    pairs = {"cluster": [7, 7, 3, 3, 4], "qidxs": [0, 2, 3], "pidxs": [1, 3, 2]}
    lists = {"train": {"cids": cids[:5], **pairs}, "val": {"cids": cids[5:], **pairs}}
    test_sfm.write(tmp_path / "data/train", lists, cids=cids)
    test_oxford_paris.write_revisited(tmp_path / "data/test/roxford5k")
    test_oxford_paris.write(tmp_path / "data/test/oxford5k")
    monkeypatch.setattr(instances, "load_instances", load_instances)
    monkeypatch.setattr(instances, "starting_weights", lambda *_: start)
    start = tfretrieval.backbones.resnet18((None, None, 3), width=6).get_weights()
    settings = {
        "dataset": "retrieval-SfM-120k",
        "benchmarks": ("roxford5k", "oxford5k"),
        "data_dir": str(tmp_path / "data"),
        "negatives": 1,
        "pool": 5,
        "batch_size": 1,
        "neighbours": 2,
    }
    assert run(tmp_path / "run", losses=("lrml",), **settings) == 0
    printed = capsys.readouterr().out
    assert "mAP roxford5k hard" in printed and "mAP oxford5k all" in printed
    assert "ground truth of 2 queries, the published one has 55" in printed


def test_too_small_a_pool_is_one_line(tmp_path, capsys):
    assert run(tmp_path / "run", pool=3, losses=("lrml",)) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "needs 3 negatives of different clusters" in error


def test_fewer_pairs_than_a_step_are_refused(tmp_path):
    config = Config(**{**SMALL, "queries": 2})
    with pytest.raises(DataError, match="an epoch has 2 tuples, .* raise --queries"):
        instances.open_data(config, RunFolder(tmp_path / "run", config))


def test_several_seeds_in_one_table_with_intervals(tmp_path, capsys):
    losses = ("contrastive", "lrml")
    assert run(tmp_path / "run", "--seeds", "2", losses=losses) == 0
    printed = capsys.readouterr().out
    [line] = [
        x
        for x in printed.splitlines()
        if x.startswith("| LRML") and "contrastive" in x and "descriptor" in x and "hard" in x
    ]
    key = "descriptor/drawn/hard"
    each = [
        one["mAP"][f"lrml/{key}"] - one["mAP"][f"contrastive/{key}"]
        for one in (results(tmp_path / f"run/seed-{seed}") for seed in (0, 1))
    ]
    assert line.split("|")[-2].strip() == ", ".join(f"{100 * x:+.1f}" for x in each)


@pytest.mark.parametrize(
    "change",
    [
        {"negatives": 0},
        {"queries": 0},
        {"pool": 0},
        {"long_side": 0},
        {"pretraining": 0},
        {"neighbours": 0},
        {"margin": -1.0},
        {"delta": 0.2},
        {"triplet_margin": -0.1},
        {"alpha": -1.0},
        {"ranking": -1.0},
        {"losses": ("lrml", "lrml")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_settings_outside_their_range_are_one_line(change):
    with pytest.raises(ConfigError, match="--"):
        Config(**change)


def test_the_framework_s_numbers_are_the_defaults():
    config = Config()
    assert (config.negatives, config.queries, config.pool) == (5, 2000, 20_000)
    assert (config.image_size, config.long_side, config.batch_size) == (362, 1024, 5)
    assert (config.margin, config.triplet_margin, config.epochs) == (0.85, 0.1, 100)


def test_without_weights_the_classifier_sees_pictures_whole_and_cut_out():
    records = things([0, 0, 1], seed=4, boxes=True)
    twice, view = instances.whole_and_boxes(records)
    np.testing.assert_array_equal(twice.labels, [0, 0, 1, 0, 0, 1])
    assert [twice.read(i) for i in range(6)] == 2 * [records.read(i) for i in range(3)]
    np.testing.assert_array_equal(view.boxes[:3], np.tile([0, 0, 1, 1], (3, 1)))
    np.testing.assert_array_equal(view.boxes[3:], records.boxes)


def test_without_boxes_the_classifier_sees_whole_pictures_alone():
    records = things([0, 0, 1], seed=4)
    same, view = instances.whole_and_boxes(records)
    assert same is records
    assert view.boxes is None


def test_demo_shrinks_and_downloads_nothing():
    changed = {k for k, v in Config.demo_settings().items() if getattr(Config(), k) != v}
    assert changed == {
        *("dataset", "backbone", "width", "weights", "image_size", "long_side"),
        *("queries", "pool", "epochs", "pretraining", "learning_rate"),
    }
    assert not Config().download
