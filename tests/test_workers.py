import json

import numpy as np
import pytest

from tfretrieval.workers import ALONE, Workers, WorkersError, from_environment

TWO = {"worker": ["a:1", "b:2"]}

ONE = {"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 0}}


def config(**changes):
    return {"cluster": TWO, "task": {"type": "worker", "index": 1}, **changes}


def read(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text if isinstance(text, str) else json.dumps(text))
    return from_environment()


def test_they_are_those_of_the_environment(monkeypatch):
    workers = read(monkeypatch, config())
    assert workers == Workers(("a:1", "b:2"), 1)
    assert workers.several and not workers.is_chief
    assert workers.told(8, 0.5) == {"workers": "2 workers, a global batch of 8, learning rate 0.5"}


@pytest.mark.parametrize(
    "text",
    ["", "{}", {"cluster": {}}, ONE],
    ids=["not set", "empty", "no cluster", "one worker"],
)
def test_else_this_process_is_alone(monkeypatch, text):
    workers = read(monkeypatch, text)
    assert workers is ALONE and workers.is_chief and not workers.several
    assert workers.told(8, 0.5) == {}


@pytest.mark.parametrize(
    "text, told",
    [
        ("{", "no JSON"),
        (config(cluster={"chief": ["a:1"]}), "names no workers"),
        (config(cluster={**TWO, "ps": ["c:3"]}), "workers alone, not ps"),
        (config(cluster={"worker": ["a:1", "a:1"]}), "names a worker twice"),
        (config(cluster={"worker": ["a", "b:2"]}), "without its port"),
        (config(task={"type": "worker", "index": 2}), "which of its 2 workers"),
        (config(task=None), "which of its 2 workers"),
    ],
    ids=["no JSON", "a chief", "a server", "twice", "no port", "a third of two", "no task"],
)
def test_what_is_wrong_is_told_in_one_line(monkeypatch, text, told):
    with pytest.raises(WorkersError, match=told) as caught:
        read(monkeypatch, text)
    assert "\n" not in str(caught.value)


def test_the_shares_of_all_in_order_are_the_whole():
    batches = np.arange(48).reshape(2, 6, 4)
    names = ("a:1", "b:1", "c:1")
    shares = [Workers(names, index).share(batches, axis=1) for index in range(3)]
    np.testing.assert_array_equal(np.concatenate(shares, axis=1), batches)
    assert ALONE.share(batches, axis=1).tolist() == batches.tolist()


def test_a_batch_that_does_not_divide_is_refused():
    with pytest.raises(WorkersError, match="a batch of 7 does not divide among 2 workers"):
        Workers(("a:1", "b:1")).share(np.zeros([3, 7]), axis=1)
