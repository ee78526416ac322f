"""Pairs and benchmarks of a run."""

import pytest

from data_pipelines.instance_catalogue import InstanceData
from data_pipelines.records import DataError
from recipes.instance import data as instance_data
from recipes.instance.data import open_instances
from recipes.instance.settings import InstanceSettings
from tests.recipes.instance.tiny import SMALL, pairs_of, small_data, things
from tfretrieval.run_folder import RunFolder, RunFolderError


def test_what_is_learned_from_and_searched_stands_beside_the_run(tmp_path, tiny_world):
    config = InstanceSettings(**SMALL)
    folder = RunFolder(tmp_path / "run", config)
    data = open_instances(config, folder)
    described = folder.read_json("data.json")
    assert described["checksum"] == data.checksum()
    assert described["train"] == {"name": "train", "pictures": 24, "things": 6, "pairs": 72}
    assert described["val"] == {"name": "val", "pictures": 15, "things": 5, "pairs": 30}
    assert described["benchmarks"] == {"drawn": {"queries": 3, "database": 15}}


def test_fewer_pairs_than_a_step_are_refused(tmp_path, tiny_world):
    config = InstanceSettings(**{**SMALL, "queries": 2})
    with pytest.raises(DataError, match="an epoch has 2 tuples, .* raise --queries"):
        open_instances(config, RunFolder(tmp_path / "run", config))


def changed(**parts):
    data = small_data()
    train, val = (parts.get(part, getattr(data, part)) for part in ("train", "val"))
    return InstanceData(train, val, data.benchmarks)


def test_a_single_thing_held_out_is_refused(tmp_path, monkeypatch):
    alone = changed(val=pairs_of("val", things([0, 0, 0], seed=1)))
    monkeypatch.setattr(instance_data, "load_instances", lambda *names: alone)
    config = InstanceSettings(**SMALL)
    with pytest.raises(DataError, match="a single thing"):
        open_instances(config, RunFolder(tmp_path / "run", config))


def test_a_run_that_began_on_other_data_is_refused(tmp_path, tiny_world, monkeypatch):
    config = InstanceSettings(**SMALL)
    folder = RunFolder(tmp_path / "run", config)
    open_instances(config, folder)
    folder.step("begun", dict)
    other = changed(train=pairs_of("train", things([0, 0, 1, 1, 2, 2, 3, 3], seed=9)))
    monkeypatch.setattr(instance_data, "load_instances", lambda *names: other)
    with pytest.raises(RunFolderError, match="began on other data"):
        open_instances(config, folder)
