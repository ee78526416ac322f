"""Instance data sets by name, from folders laid out as the public framework does."""

import dataclasses

import numpy as np
import pytest

from data_pipelines import data_sets
from data_pipelines.builders import DrawnInstancesConfig
from data_pipelines.instance_catalogue import BENCHMARKS, TRAINED_ON, load_instances
from data_pipelines.records import DataError
from data_pipelines.sources import DRAWN_INSTANCES, read_drawn_instances
from tests.data_pipelines.sources import test_holidays, test_oxford_paris, test_sfm
from tfretrieval.evaluation import GroundTruth

SFM = "retrieval-SfM-120k"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    test_sfm.write(root / "train")
    test_oxford_paris.write_revisited(root / "test/roxford5k")
    test_oxford_paris.write(root / "test/oxford5k")
    test_holidays.write(root / "test/holidays")
    return str(root)


def test_training_pairs_and_several_benchmarks(root):
    names = ("roxford5k", "oxford5k", "holidays")
    data = load_instances(SFM, names, root)
    assert (data.train.name, data.val.name) == (f"{SFM} train", f"{SFM} val")
    assert tuple(benchmark.name for benchmark in data.benchmarks) == names
    assert list(data.benchmarks[0].protocols) == ["easy", "medium", "hard"]
    assert not set(data.train.records.ids) & set(data.val.records.ids)


def test_beam_looks_at_the_pictures_where_it_is_asked_for(root):
    with pytest.raises(DataError, match="begin with the name of a runner"):
        load_instances(SFM, ("holidays",), root, beam="--flink_master=HOST:8081")


def test_drawn_things_bring_their_own_benchmark(tmp_path, monkeypatch):
    config = DrawnInstancesConfig(
        name="tiny", train_things=2, views=2, val_things=1, val_views=2, test_things=1, queries=1,
        easy=1, hard=1, junk=1, lonely=1, size=32,
    )  # fmt: skip
    asked = []

    def read(data_dir):
        asked.append(data_dir)
        train, val, benchmark = read_drawn_instances(data_dir, config)
        return train, val, (benchmark,)

    tiny = dataclasses.replace(DRAWN_INSTANCES, read=read)
    monkeypatch.setattr(data_sets, "DATA_SETS", (tiny,))
    data = load_instances("drawn_instances/demo", data_dir=str(tmp_path))
    assert asked == [str(tmp_path)] and len(data.benchmarks[0].database) == 4


def test_the_checksum_is_of_pairs_pictures_and_ground_truth(root):
    data = load_instances(SFM, ("oxford5k",), root)
    again = load_instances(SFM, ("oxford5k",), root)
    assert data.checksum() == again.checksum()
    truth = data.benchmarks[0].protocols["all"]
    other = GroundTruth(truth.positives, ((),) * len(truth))
    changes = [
        {"train": dataclasses.replace(data.train, pairs=data.train.pairs[::-1])},
        {"val": dataclasses.replace(data.val, pairs=np.repeat(data.val.pairs, 2, axis=0))},
        {"benchmarks": ()},
        {"benchmarks": (dataclasses.replace(data.benchmarks[0], protocols={"all": other}),)},
    ]
    found = {dataclasses.replace(data, **change).checksum() for change in changes}
    assert len(found) == 4 and data.checksum() not in found


def test_revisited_sets_are_the_usual_benchmarks(root):
    with pytest.raises(DataError, match="gnd_rparis6k.pkl' is missing"):
        load_instances(SFM, (), root)


def test_pictures_that_are_learned_from_and_searched_are_noted(tmp_path):
    test_sfm.write(tmp_path / "train")
    test_holidays.write(tmp_path / "test/holidays")
    copied = (tmp_path / "train" / SFM / test_sfm.cid_file(test_sfm.CIDS[0])).read_bytes()
    (tmp_path / "test/holidays/jpg/100101.jpg").write_bytes(copied)
    data = load_instances(SFM, ("holidays",), str(tmp_path))
    assert "1 pictures of holidays are learned from, byte for byte" in data.benchmarks[0].notes


def test_a_picture_that_cannot_be_read_is_named(tmp_path):
    test_sfm.write(tmp_path / "train")
    test_holidays.write(tmp_path / "test/holidays")
    (tmp_path / "test/holidays/jpg/100100.jpg").write_bytes(b"no picture")
    with pytest.raises(DataError, match="holidays: cannot read 1 picture of 5, .*100100.jpg"):
        load_instances(SFM, ("holidays",), str(tmp_path))


@pytest.mark.parametrize(
    "name, benchmarks, message",
    [
        ("retrieval-SfM-120", ("oxford5k",), "did you mean retrieval-SfM-120k"),
        (SFM, ("oxford",), "unknown benchmark 'oxford'"),
        (SFM, ("oxford5k", "oxford5k"), "named twice"),
        (TRAINED_ON[0], ("oxford5k",), "a benchmark of its own"),
    ],
)
def test_what_is_unknown_is_one_line(root, name, benchmarks, message):
    with pytest.raises(DataError, match=message):
        load_instances(name, benchmarks, root)


def test_a_folder_has_to_be_named():
    with pytest.raises(DataError, match="needs --data-dir"):
        load_instances("retrieval-SfM-30k", BENCHMARKS[:1])
    with pytest.raises(DataError, match="--data-dir is the folder"):
        load_instances("grocery_store")
