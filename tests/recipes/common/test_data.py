import dataclasses
import shutil

import numpy as np
import pytest

from data_pipelines.records import DataError
from recipes.common.data import open_data
from recipes.folder_triplet import Config
from tests.recipes.pictures import write_folder
from tfretrieval.run_folder import RunFolder, RunFolderError


def opened(tmp_path, name="run", **settings):
    config = Config(data_dir=str(tmp_path / "pictures"), **settings)
    return open_data(config, RunFolder(tmp_path / name, config))


def test_a_tenth_of_every_class_is_held_out_and_stays_in_the_database(tmp_path):
    write_folder(tmp_path / "pictures", train=20)
    experiment = opened(tmp_path)
    data = experiment.data
    assert np.bincount(data.records.labels[experiment.held_out]).tolist() == [2, 2, 2]
    assert sorted([*experiment.fit, *experiment.held_out]) == sorted(data.train)
    assert set(experiment.held_out) <= set(data.database)
    assert not set(data.query) & set(data.train)


def test_the_seed_draws_the_held_out_pictures(tmp_path):
    write_folder(tmp_path / "pictures", train=20)
    first, again = opened(tmp_path), opened(tmp_path)
    other = opened(tmp_path, "other", seed=1)
    np.testing.assert_array_equal(first.held_out, again.held_out)
    assert set(first.held_out) != set(other.held_out)


def test_held_out_is_a_share(tmp_path):
    write_folder(tmp_path / "pictures", train=20)
    assert len(opened(tmp_path, held_out=0.5).held_out) == 30


def test_small_classes_keep_two_pictures_to_train_on(tmp_path):
    write_folder(tmp_path / "pictures", train=3)
    experiment = opened(tmp_path, held_out=0.5)
    assert np.bincount(experiment.data.records.labels[experiment.fit]).tolist() == [2, 2, 2]


def test_classes_of_two_leave_nothing_to_hold_out(tmp_path):
    write_folder(tmp_path / "pictures", train=2)
    with pytest.raises(DataError, match="too few training pictures"):
        opened(tmp_path)


def test_the_run_writes_parts_and_checksum_down(tmp_path):
    write_folder(tmp_path / "pictures")
    experiment = opened(tmp_path)
    folder = RunFolder(tmp_path / "run", Config(data_dir=str(tmp_path / "pictures")))
    written = folder.read_json("data.json")
    assert written["checksum"] == experiment.checksum
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
    np.testing.assert_array_equal(first.data.query, other.data.query)
    assert set(first.data.query) != set(third.data.query)


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
