import dataclasses
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from tfretrieval.run_folder import RunFolder, RunFolderError, folder_of_seeds


@dataclasses.dataclass(frozen=True)
class Config:
    bits: int = 8
    margins: tuple[float, ...] = (0.5, 1.0)


def test_a_step_is_computed_once(tmp_path):
    folder = RunFolder(tmp_path / "run", Config())
    calls = []

    def compute():
        calls.append(1)
        return {"x": np.arange(3), "name": "a"}

    first = folder.step("deep/step", compute)
    again = RunFolder(tmp_path / "run", Config()).step("deep/step", compute)
    assert len(calls) == 1
    assert first["x"].tolist() == again["x"].tolist() == [0, 1, 2]


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    folder = RunFolder(tmp_path / "run", Config())
    folder.write_text("report.md", "old")
    with pytest.raises(KeyboardInterrupt), folder.writing("report.md") as partial:
        partial.write_text("half of the n")
        raise KeyboardInterrupt
    assert (folder / "report.md").read_text() == "old"
    RunFolder(tmp_path / "run", Config())
    assert sorted(p.name for p in folder.path.iterdir()) == [".lock", "config.json", "report.md"]


def test_a_folder_is_replaced_as_one(tmp_path):
    folder = RunFolder(tmp_path / "run", Config())
    for content in ("1", "2"):
        with folder.writing("model") as partial:
            partial.mkdir()
            (partial / content).write_text(content)
    assert [p.name for p in (folder / "model").iterdir()] == ["2"]


@pytest.mark.parametrize(
    "other, message",
    [
        (lambda path: RunFolder(path, Config(bits=16)), "bits is 8 there, 16 here.*choose another"),
        (lambda path: RunFolder(path, Config(), seeds=5), "seeds is None there, 5 here"),
    ],
)
def test_another_configuration_is_refused_and_nothing_changes(tmp_path, other, message):
    folder = RunFolder(tmp_path / "run", Config())
    folder.step("deep/step", lambda: {"x": 1})
    before = (folder / "config.json").read_bytes()
    with pytest.raises(RunFolderError, match=message):
        other(tmp_path / "run")
    assert (folder / "config.json").read_bytes() == before


def test_a_refused_run_leaves_no_folder_and_one_without_steps_can_be_corrected(tmp_path):
    RunFolder(tmp_path / "run", Config())
    assert not (tmp_path / "run").exists()
    RunFolder(tmp_path / "run", Config()).write_text("data.json", "")
    RunFolder(tmp_path / "run", Config(bits=16)).write_text("data.json", "")
    assert RunFolder(tmp_path / "run", Config(bits=16)).read_json("config.json")["bits"] == 16


def test_a_kill_during_the_first_file_leaves_a_usable_folder(tmp_path):
    (tmp_path / "run" / "config.json.partial").mkdir(parents=True)
    folder = RunFolder(tmp_path / "run", Config())
    folder.write_text("a", "")
    assert sorted(p.name for p in folder.path.iterdir()) == [".lock", "a", "config.json"]


def test_names_that_are_not_utf_8_can_be_written_down(tmp_path):
    folder = RunFolder(tmp_path / "run", Config())
    folder.write_json("data.json", {"id": "caf\udce9.png"})
    assert folder.read_json("data.json") == {"id": "caf\udce9.png"}


@pytest.mark.parametrize("content", ["", "{", "[]"], ids=["empty", "cut", "list"])
def test_an_unreadable_configuration_is_one_line(tmp_path, content):
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(RunFolderError, match="cannot be read"):
        RunFolder(tmp_path, Config())


def test_a_folder_of_other_things_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("dear to me")
    with pytest.raises(RunFolderError, match="no run folder"):
        RunFolder(tmp_path, Config())
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(RunFolderError, match="no run folder"):
        RunFolder(tmp_path / "run", Config())


def test_where_the_data_lie_and_came_from_is_not_what_they_are(tmp_path):
    @dataclasses.dataclass(frozen=True)
    class Settings:
        data_dir: str
        download: bool
        beam: str | None

    RunFolder(tmp_path / "run", Settings("/here", False, None)).step("step", lambda: {"x": 1})
    assert RunFolder(tmp_path / "run", Settings("/there", True, "DirectRunner")).has_steps


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04"], ids=["empty", "cut"])
def test_a_damaged_step_is_named_with_what_to_do(tmp_path, content):
    folder = RunFolder(tmp_path / "run", Config())
    folder.step("deep/step", lambda: {"x": 1})
    (folder / "deep/step.npz").write_bytes(content)
    with pytest.raises(RunFolderError, match="deep/step.npz is damaged: delete it"):
        folder.step("deep/step", lambda: {"x": 2})
    (folder / "deep/step.npz").unlink()
    assert folder.step("deep/step", lambda: {"x": 2})["x"] == 2


def test_a_damaged_list_is_named_with_what_to_do(tmp_path):
    folder = RunFolder(tmp_path / "run", Config())
    folder.write_text("data.json", "{")
    with pytest.raises(RunFolderError, match="data.json is damaged"):
        folder.read_json("data.json")


def test_a_run_of_several_seeds_is_no_run_of_one(tmp_path):
    folder_of_seeds(tmp_path / "run", Config()).step("seed-0/step", lambda: {"x": 1})
    assert folder_of_seeds(tmp_path / "run", Config()).has_steps
    with pytest.raises(RunFolderError, match="seeds is 'a folder each' there"):
        RunFolder(tmp_path / "run", Config())


def test_a_second_process_does_not_write_where_one_is_writing(tmp_path):
    folder = RunFolder(tmp_path / "run", Config())
    folder.write_text("a", "")
    script = (
        "import sys; from tests.test_run_folder import Config\n"
        "from tfretrieval.run_folder import RunFolder, RunFolderError, folder_of_seeds\n"
        "try: RunFolder(sys.argv[1], Config())\n"
        "except RunFolderError as error: print(error)"
    )
    command = [sys.executable, "-c", script, str(folder.path)]
    root = Path(__file__).parents[1]
    told = subprocess.run(command, capture_output=True, text=True, cwd=root).stdout
    assert f"is being written by another process ({os.getpid()})" in told
    # Here it may be opened again and again; what this process lets go of, others may have.
    RunFolder(tmp_path / "run", Config())
    del folder
    assert subprocess.run(command, capture_output=True, text=True, cwd=root).stdout == ""


def of_two(monkeypatch, index):
    cluster = {"worker": ["a:1", "b:2"]}
    task = {"type": "worker", "index": index}
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": task}))


def test_of_two_workers_the_second_reads_what_the_first_wrote(tmp_path, monkeypatch):
    of_two(monkeypatch, 0)
    chief = RunFolder(tmp_path / "run", Config())
    chief.step("step", lambda: {"x": np.arange(3)})
    chief.write_json("a.json", {"a": 1})
    of_two(monkeypatch, 1)
    other = RunFolder(tmp_path / "run", Config())
    assert other.step("step", lambda: pytest.fail("computed twice"))["x"].tolist() == [0, 1, 2]
    other.write_json("a.json", {"a": 2})
    other.write_text("b.txt", "b")
    assert other.read_json("a.json") == {"a": 1}
    assert not (tmp_path / "run" / "b.txt").exists()
    with pytest.raises(RunFolderError, match="another configuration"):
        RunFolder(tmp_path / "run", Config(bits=16))


def test_a_second_with_other_settings_is_refused_before_there_is_a_step(tmp_path, monkeypatch):
    of_two(monkeypatch, 1)
    like, other = (
        RunFolder(tmp_path / "run", Config()),
        RunFolder(tmp_path / "run", Config(bits=16)),
    )
    of_two(monkeypatch, 0)
    chief = RunFolder(tmp_path / "run", Config())
    chief.begin()
    chief.agree()
    like.agree()
    with pytest.raises(RunFolderError, match=r"worker 1 \(b:2\) has other settings .*bits is 8"):
        other.agree()


def test_the_second_waits_for_the_file_of_the_first(tmp_path, monkeypatch):
    of_two(monkeypatch, 0)
    chief = RunFolder(tmp_path / "run", Config())
    of_two(monkeypatch, 1)
    other = RunFolder(tmp_path / "run", Config())
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(other.read_json("a.json"))),
        threading.Thread(target=lambda: found.append(other.step("step", dict)["x"].item())),
    ]
    for thread in threads:
        thread.start()
    assert not found
    chief.write_json("a.json", 5)
    chief.step("step", lambda: {"x": 7})
    for thread in threads:
        thread.join(10)
    assert sorted(found) == [5, 7]


def test_what_is_kept_elsewhere_is_made_by_the_first(tmp_path, monkeypatch):
    of_two(monkeypatch, 0)
    chief = RunFolder(tmp_path / "run", Config())
    of_two(monkeypatch, 1)
    other = RunFolder(tmp_path / "run", Config())
    done = []

    def go(folder, name):
        with folder.chief_first("maps"):
            done.append(name)

    second = threading.Thread(target=go, args=(other, "second"))
    second.start()
    go(chief, "first")
    second.join(10)
    assert done == ["first", "second"]
