"""Who is at fault when workers wait for each other, by the files that they write."""

import json
import os
import time

import pytest

from tfretrieval import worker_watch
from tfretrieval.worker_watch import DONE, FAILED, FITTING, WORKING, Watch, watched
from tfretrieval.workers import Workers


@pytest.fixture
def watch(tmp_path, monkeypatch):
    """That of the first of two, without its thread."""
    monkeypatch.setattr(Watch, "_watch", lambda self: None)
    return Watch(tmp_path, Workers(("a:1", "b:2")))


def tell(watch, beat, state=WORKING, taken=0):
    told = {"born": 1, "beat": beat, "state": state, "taken": taken}
    (watch.folder / "1").write_text(json.dumps(told))


def later(monkeypatch, seconds):
    now = time.monotonic()
    monkeypatch.setattr(worker_watch.time, "monotonic", lambda: now + seconds)


def test_one_that_does_not_begin_is_named(watch, monkeypatch):
    assert watch._wrong() is None
    later(monkeypatch, 601)
    assert watch._wrong() == "worker 1 (b:2) has not begun within 600 seconds"


def test_one_that_falls_silent_is_named(watch, monkeypatch):
    tell(watch, 1)
    assert watch._wrong() is None
    later(monkeypatch, 59)
    assert watch._wrong() is None
    later(monkeypatch, 61)
    assert watch._wrong() == "worker 1 (b:2) has not been heard of for 60 seconds"
    tell(watch, 2)
    assert watch._wrong() is None


def test_one_that_fails_is_named_at_once_and_one_that_is_done_never(watch, monkeypatch):
    tell(watch, 1, FAILED)
    assert "worker 1 (b:2) has ended with an error" in watch._wrong()
    tell(watch, 2, DONE)
    assert watch._wrong() is None
    later(monkeypatch, 1e6)
    assert watch._wrong() is None


def test_the_last_to_take_a_batch_is_named_where_all_train_and_none_goes_on(watch, monkeypatch):
    watch.state, watch.taken = FITTING, 8
    tell(watch, 1, FITTING, taken=7)
    assert watch._wrong() is None
    later(monkeypatch, 901)
    tell(watch, 2, FITTING, taken=7)
    told = watch._wrong()
    assert told == "worker 1 (b:2) has kept the others waiting for 900 seconds"


def test_nobody_is_named_who_does_something_else_than_to_train(watch, monkeypatch):
    watch.state = FITTING
    tell(watch, 1)
    assert watch._wrong() is None
    later(monkeypatch, 901)
    tell(watch, 2)
    assert watch._wrong() is None


def test_what_an_earlier_run_left_says_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(Watch, "_watch", lambda self: None)
    (tmp_path / worker_watch.FOLDER).mkdir()
    (tmp_path / worker_watch.FOLDER / "1").write_text('{"beat": 9, "state": "failed"}')
    assert Watch(tmp_path, Workers(("a:1", "b:2")))._wrong() is None


def test_the_others_are_told_how_a_command_ended(tmp_path, monkeypatch):
    cluster = {"worker": ["a:1", "b:2"]}
    task = {"type": "worker", "index": 1}
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": task}))
    with watched(tmp_path):
        assert Watch.current is not None
    state = tmp_path / worker_watch.FOLDER / "1"
    assert json.loads(state.read_text())["state"] == DONE
    with pytest.raises(ZeroDivisionError), watched(tmp_path):
        raise ZeroDivisionError
    assert json.loads(state.read_text())["state"] == FAILED
    assert Watch.current is None
    assert os.listdir(state.parent) == ["1"]


def test_one_that_is_alone_writes_nothing(tmp_path):
    with watched(tmp_path):
        pass
    assert not os.listdir(tmp_path)
