"""Tasks are done by Beam: in this process, unless a runner is named."""

import json
import sys

import pytest

from data_pipelines import beam_run
from data_pipelines.records import DataError


def write(task, folder, text):
    if task == 3:
        raise {"stop": KeyboardInterrupt, "fail": ValueError}.get(text, NotImplementedError)
    (folder / str(task)).write_text(text)


def run(tasks, *shared):
    beam_run.run(write, tasks, *shared, beam=())


def test_every_task_is_done_with_what_is_shared(tmp_path):
    run([1, 2, 4], tmp_path, "done")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1", "2", "4"]
    assert (tmp_path / "2").read_text() == "done"


@pytest.mark.parametrize("text, error", [("stop", KeyboardInterrupt), ("fail", RuntimeError)])
def test_what_stops_a_task_stops_the_pipeline(tmp_path, text, error):
    with pytest.raises(error):
        run([3], tmp_path, text)


@pytest.mark.parametrize("told", ["", "  ", "--runner=FlinkRunner", "Flink 'Runner"])
def test_options_begin_with_a_runner(told):
    with pytest.raises(DataError, match="begin with the name of a runner, DirectRunner") as caught:
        beam_run.arguments(told)
    assert "\n" not in str(caught.value)


def test_several_workers_of_tensorflow_have_no_beam(monkeypatch):
    def together(*names):
        told = {"cluster": {"worker": names}, "task": {"type": "worker", "index": 0}}
        monkeypatch.setenv("TF_CONFIG", json.dumps(told))

    together("a:1")
    assert beam_run.arguments("DirectRunner") == []
    together("a:1", "b:1")
    with pytest.raises(DataError, match="TF_CONFIG of 2 workers do not go together") as caught:
        beam_run.arguments("DirectRunner")
    assert "\n" not in str(caught.value)


def test_options_go_to_beam_as_they_are():
    told = "FlinkRunner --flink_master=host:8081"
    chosen = beam_run.options(beam_run.arguments(told)).get_all_options()
    assert (chosen["runner"], chosen["flink_master"]) == ("FlinkRunner", "host:8081")
    here = beam_run.options(beam_run.arguments("DirectRunner --direct_num_workers=2"))
    assert here.get_all_options()["direct_num_workers"] == 2


def test_without_beam_the_line_says_what_brings_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "apache_beam", None)
    with pytest.raises(ImportError, match=r"pip install 'tfretrieval\[beam\]'"):
        run([1], tmp_path, "done")
