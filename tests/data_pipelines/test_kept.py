import dataclasses

import numpy as np
import pytest

from data_pipelines import kept as module
from data_pipelines.kept import kept, kept_rows, pictures
from tests.data_pipelines.pictures import make_records


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "tfretrieval" / "kept"


def once(value, **depends_on):
    return int(kept("sums", depends_on, lambda: {"sum": value})["sum"])


def test_what_depends_on_the_same_is_computed_once():
    weights = np.arange(6.0).reshape(2, 3)
    assert once(1, of=weights, at=224) == once(2, of=weights.copy(), at=224) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"of": np.arange(6.0), "at": 224},
        {"of": np.arange(6.0).reshape(2, 3).astype(np.float32), "at": 224},
        {"of": np.arange(6.0).reshape(2, 3) + 1e-12, "at": 224},
        {"of": np.arange(6.0).reshape(2, 3), "at": 225},
    ],
)
def test_every_change_of_what_it_depends_on_computes_anew(other):
    assert once(1, of=np.arange(6.0).reshape(2, 3), at=224) == 1
    assert once(2, **other) == 2


def test_pictures_are_the_same_whatever_part_they_play(tmp_path):
    records = make_records([0, 0, 1, 1])
    other = dataclasses.replace(records, labels=[0, 1, 0, 1])
    assert pictures(records) == pictures(other) != pictures(records.take([1, 0, 2, 3]))


def test_a_damaged_file_is_computed_and_written_anew(cache):
    once(1, at=1)
    (file,) = cache.glob("sums-*.npz")
    file.write_bytes(file.read_bytes()[:20])
    assert once(2, at=1) == 2 and once(3, at=1) == 2


def test_the_last_used_are_kept(cache, monkeypatch):
    monkeypatch.setattr(module, "FILES", 2)
    for value in range(4):
        once(value, at=value)
    assert len(list(cache.glob("*.npz"))) == 2
    assert once(9, at=0) == 9


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert once(1, at=1) == 1 and once(2, at=1) == 2


def rows_of(value, **depends_on):
    found = kept_rows(
        "table", depends_on, 5, 2, lambda start, stop: {"x": np.arange(start, stop) + value}
    )
    return found["x"].tolist()


def test_rows_are_computed_once_and_of_each_thing_they_depend_on():
    assert rows_of(1, at=1) == rows_of(2, at=1) == [1, 2, 3, 4, 5]
    assert rows_of(2, at=2) == [2, 3, 4, 5, 6]


def test_damaged_rows_are_computed_anew(cache):
    rows_of(1, at=1)
    (file,) = cache.glob("table-*/x.npy")
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    assert rows_of(2, at=1) == rows_of(3, at=1) == [2, 3, 4, 5, 6]


def test_the_last_used_rows_are_kept(cache, monkeypatch):
    monkeypatch.setattr(module, "FILES", 2)
    for value in range(4):
        rows_of(value, at=value)
    assert len(list(cache.iterdir())) == 2
    assert rows_of(9, at=0)[0] == 9


def test_rows_are_computed_where_nothing_can_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert rows_of(1, at=1) == [1, 2, 3, 4, 5] and rows_of(2, at=1)[0] == 2
