"""One's own pictures as an entry: a folder or a CSV file, with or without a split."""

import pytest

from data_pipelines.records import DataError
from data_pipelines.sources import FOLDER
from tests.data_pipelines.pictures import write_tree


def load(place, seed=0):
    return FOLDER.load("folder", str(place), seed, False)


def test_without_a_split_the_seed_draws_a_fifth_of_each_class(tmp_path):
    write_tree(tmp_path, dict.fromkeys([f"{c}/{i}.jpg" for c in "ab" for i in range(10)]))
    dataset = load(tmp_path)
    assert (len(dataset.train), len(dataset.query)) == (16, 4)
    assert (load(tmp_path, seed=1).query != dataset.query).any()


def test_a_file_called_csv_is_a_table(tmp_path):
    path = tmp_path / "LIST.CSV"
    path.write_text("path,label,split\n1.jpg,a,train\n2.jpg,b,train\n3.jpg,a,test\n")
    assert len(load(path).query) == 1


def test_a_place_must_be_given():
    with pytest.raises(DataError, match="needs --data-dir"):
        FOLDER.load("folder", None, 0, False)
