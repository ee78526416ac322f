import dataclasses
import shutil

import numpy as np
import pytest

from data_pipelines import audit_shards
from data_pipelines.records import DataError
from recipes.common.data import describe, open_data
from recipes.folder_triplet import Config
from tests.recipes.pictures import write_folder
from tfretrieval.run_folder import RunFolder, RunFolderError
from tfretrieval.workers import Workers


def opened(tmp_path, name="run", share=0.0, **settings):
    config = Config(data_dir=str(tmp_path / "pictures"), **settings)
    return open_data(config, RunFolder(tmp_path / name, config), share)


def test_a_share_that_is_held_out_stays_in_the_database(tmp_path):
    write_folder(tmp_path / "pictures", train=20)
    data = opened(tmp_path, share=0.1)
    assert len(data.held_out) == 6
    assert sorted([*data.fit, *data.held_out]) == sorted(data.train)
    assert set(data.held_out) <= set(data.database)
    assert len(opened(tmp_path, "all").held_out) == 0


def test_queries_of_classes_that_train_are_told_from_others(tmp_path):
    write_folder(tmp_path / "pictures")
    shutil.rmtree(tmp_path / "pictures" / "train" / "class 1")
    data = opened(tmp_path)
    assert data.seen.tolist() == (data.records.labels[data.query] != 1).tolist()


def test_a_training_part_without_pairs_has_no_triplets(tmp_path):
    write_folder(tmp_path / "pictures", train=1)
    with pytest.raises(DataError, match="no triplets"):
        opened(tmp_path)


def test_the_run_writes_parts_and_checksum_down(tmp_path):
    write_folder(tmp_path / "pictures")
    data = opened(tmp_path)
    folder = RunFolder(tmp_path / "run", Config(data_dir=str(tmp_path / "pictures")))
    written = folder.read_json("data.json")
    assert written["checksum"] == data.checksum()
    assert (written["train"], written["query"], written["classes"]) == (24, 12, 3)
    assert (folder / "parts.csv").read_text().count("\n") == 37


def test_a_run_does_not_continue_on_other_data(tmp_path):
    write_folder(tmp_path / "pictures")
    opened(tmp_path)
    config = Config(data_dir=str(tmp_path / "pictures"))
    RunFolder(tmp_path / "run", config).step("step", lambda: {"x": 1})
    (tmp_path / "pictures/train/class 0/000.png").unlink()
    with pytest.raises(RunFolderError, match="began on other data"):
        opened(tmp_path)


def test_a_training_part_of_one_class_is_refused(tmp_path):
    write_folder(tmp_path / "pictures")
    for label in (1, 2):
        shutil.rmtree(tmp_path / "pictures" / "train" / f"class {label}")
    with pytest.raises(DataError, match="has one class"):
        opened(tmp_path)


def test_every_seed_of_the_training_has_the_same_queries(tmp_path):
    write_folder(tmp_path / "pictures", test=0)
    (tmp_path / "pictures" / "train").rename(tmp_path / "flat")
    shutil.rmtree(tmp_path / "pictures", ignore_errors=True)
    (tmp_path / "flat").rename(tmp_path / "pictures")
    first, other = opened(tmp_path), opened(tmp_path, "other", seed=1)
    third = opened(tmp_path, "third", split_seed=1)
    np.testing.assert_array_equal(first.query, other.query)
    assert set(first.query) != set(third.query)


def test_several_labels_a_picture_are_refused(tmp_path):
    write_folder(tmp_path / "pictures")
    lines = ["path,label,split"]
    for file in sorted((tmp_path / "pictures").rglob("*.png")):
        lines.append(f"{file},{file.parent.name};more,{file.parent.parent.name}")
    table = tmp_path / "table.csv"
    table.write_text("\n".join(lines))
    config = dataclasses.replace(Config(), data_dir=str(table))
    with pytest.raises(DataError, match="several labels"):
        open_data(config, RunFolder(tmp_path / "run", config))


def test_beam_looks_at_the_pictures_where_the_settings_say_so(tmp_path, monkeypatch):
    def by_beam(*told):
        raise ByBeam(told[-1])

    monkeypatch.setattr(audit_shards, "examine_by_beam", by_beam)
    write_folder(tmp_path / "pictures")
    with pytest.raises(ByBeam, match="^FlinkRunner --flink_master=HOST:8081$"):
        opened(tmp_path, beam="FlinkRunner --flink_master=HOST:8081")


class ByBeam(Exception):
    """The audit went to Beam, with these options."""


def test_another_worker_is_compared_with_the_chief_before_there_is_a_step(tmp_path, monkeypatch):
    chief = RunFolder(tmp_path / "run", Config())
    assert describe(chief, {"checksum": "abc"})
    second = RunFolder(tmp_path / "run", Config())
    monkeypatch.setattr(second, "workers", Workers(("a:1", "b:1"), 1))
    assert not describe(second, {"checksum": "abc"})
    with pytest.raises(RunFolderError, match="began on other data"):
        describe(second, {"checksum": "def"})
