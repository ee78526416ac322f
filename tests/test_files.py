import subprocess
import sys
from pathlib import Path

import pytest

from tfretrieval.files import FolderLock, InUse, writing

ROOT = Path(__file__).parents[1]


def test_a_file_that_is_not_finished_leaves_the_old_one(tmp_path):
    target = tmp_path / "deep" / "a.txt"
    with writing(target) as partial:
        partial.write_text("old")
    with pytest.raises(KeyboardInterrupt), writing(target) as partial:
        partial.write_text("half of the n")
        raise KeyboardInterrupt
    assert target.read_text() == "old"
    with writing(target) as partial:
        assert partial.suffix == ".txt" and not partial.exists()
        partial.write_text("new")
    assert target.read_text() == "new" and [p.name for p in target.parent.iterdir()] == ["a.txt"]


def test_a_file_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr("tfretrieval.files._flush", lambda path: done.append(path.name))
    with writing(tmp_path / "model") as partial:
        partial.mkdir()
        (partial / "weights").write_text("")
    assert done == ["model", "weights", tmp_path.name]


def test_a_lock_ends_with_its_process(tmp_path):
    script = (
        "import os, sys; from pathlib import Path; from tfretrieval.files import FolderLock\n"
        "lock = FolderLock.of(Path(sys.argv[1])); print(os.getpid(), flush=True)\n"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as other:
        owner = other.stdout.readline().strip()
        with pytest.raises(InUse, match=rf"another process \({owner}\)"):
            FolderLock.of(tmp_path)
        other.kill()
    lock = FolderLock.of(tmp_path)
    assert FolderLock.of(tmp_path) is lock
