"""The reader of the drawn things: parts, pairs and ground truth as one would list them by hand."""

import numpy as np
import pytest
import tensorflow_datasets as tfds

from data_pipelines.builders import DrawnInstances, DrawnInstancesConfig
from data_pipelines.sources import read_drawn_instances

CONFIG = DrawnInstancesConfig(
    name="tiny", train_things=3, views=3, val_things=2, val_views=2, test_things=2, queries=2,
    easy=2, hard=2, junk=1, lonely=3, size=32,
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return str(tmp_path_factory.mktemp("instances"))


@pytest.fixture(scope="module")
def read(folder):
    return read_drawn_instances(folder, CONFIG)


@pytest.fixture(scope="module")
def examples(folder, read):
    """id -> what TFDS says of it, part by part."""
    builder = DrawnInstances(data_dir=folder, config=CONFIG)
    raw = {"image": tfds.decode.SkipDecoding()}
    view = builder.info.features["view"].int2str
    return {
        part: {
            row["image/filename"].decode(): {**row, "view": view(row["view"])}
            for row in tfds.as_numpy(builder.as_dataset(split=part, decoders=raw))
        }
        for part in builder.info.splits
    }


def test_records_are_the_prepared_pictures(read, examples):
    train, val, benchmark = read
    parts = {"train": train, "val": val}
    records = {part: pairs.records for part, pairs in parts.items()}
    records |= {"query": benchmark.queries, "database": benchmark.database}
    for part, own in records.items():
        assert set(own.ids) == set(examples[part])
        for i, name in enumerate(own.ids):
            known = examples[part][name]
            assert own.blobs[i] == known["image"]
            np.testing.assert_allclose(own.boxes[i], known["bbox"], atol=1e-6)
            assert own.class_names[own.labels[i]].endswith(f" {known['thing']}")
    assert set(train.records.labels) == {0, 1, 2} and set(val.records.labels) == {0, 1}
    assert set(benchmark.queries.labels) == {0, 1}
    assert set(benchmark.database.labels) == {0, 1, 2, 3, 4}
    assert train.records.class_names == ("bird 0", "butterfly 1", "flower 2")
    assert benchmark.queries.class_names == benchmark.database.class_names


def test_pairs_are_all_ordered_pairs_of_a_thing(read, examples):
    for part, pairs in zip(("train", "val"), read[:2], strict=True):
        ids = pairs.records.ids
        things = {name: row["thing"] for name, row in examples[part].items()}
        expected = {(a, b) for a in ids for b in ids if a != b and things[a] == things[b]}
        assert {tuple(ids[pair]) for pair in pairs.pairs} == expected
        assert len(pairs.pairs) == len(expected)


@pytest.mark.parametrize(
    "protocol, right, left_out",
    [
        ("easy", {"easy"}, {"hard", "junk"}),
        ("medium", {"easy", "hard"}, {"junk"}),
        ("hard", {"hard"}, {"easy", "junk"}),
    ],
)
def test_the_ground_truth_is_that_of_a_reading_by_hand(read, examples, protocol, right, left_out):
    benchmark = read[2]
    truth = benchmark.protocols[protocol]
    assert list(benchmark.protocols) == ["easy", "medium", "hard"] and len(truth) == 4
    for query, name in enumerate(benchmark.queries.ids):
        thing = examples["query"][name]["thing"]
        for found, views in ((truth.positives, right), (truth.ignored, left_out)):
            expected = {
                other
                for other, row in examples["database"].items()
                if row["thing"] == thing and row["view"] in views
            }
            assert set(benchmark.database.ids[found[query]]) == expected


def test_reading_again_draws_nothing(read, folder, monkeypatch):
    def refuse(*_):
        raise AssertionError("drawn twice")

    monkeypatch.setattr("data_pipelines.drawn_birds.instance_artist.InstanceArtist.draw", refuse)
    again = read_drawn_instances(folder, CONFIG)
    assert again[2].database.blobs == read[2].database.blobs
    assert [part.name for part in again] == [
        "drawn_instances/tiny train", "drawn_instances/tiny val", "drawn_instances/tiny",
    ]  # fmt: skip
