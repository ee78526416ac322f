import dataclasses

import numpy as np
import pytest

from tfretrieval.run_folder import RunFolder, RunFolderError


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
    assert sorted(p.name for p in folder.path.iterdir()) == ["config.json", "report.md"]


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
    assert sorted(p.name for p in folder.path.iterdir()) == ["a", "config.json"]


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
