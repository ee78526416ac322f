"""Archives: hostile ones are refused, and what is unpacked is whole."""

import os
import shutil
import tarfile

import numpy as np
import pytest

from data_pipelines.records import DataError
from data_pipelines.sources.unpack import cache_folder, unpack
from tests.data_pipelines.published_sets import write_tar

MEMBERS = {"set/a.txt": b"first", "set/deep/b.txt": b"second", "set/c.txt": b""}


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def archive(tmp_path):
    return write_tar(tmp_path / "set.tgz", MEMBERS)


def contents(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def left_over():
    return sorted(path.name for path in cache_folder().iterdir())


def special(name, kind, target=""):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def test_archives_and_mat_files_come_into_one_folder(tmp_path, archive):
    other, lists = write_tar(tmp_path / "other.tar", {"x.txt": b"x"}), tmp_path / "lists.mat"
    lists.write_bytes(b"lists")
    folder = unpack([archive, other, lists], "set")
    assert contents(folder) == MEMBERS | {"x.txt": b"x", "lists.mat": b"lists"}
    assert left_over() == [folder.name]


@pytest.mark.parametrize(
    "name, member",
    [
        ("../out.txt", b"out"),
        ("set/../../out.txt", b"out"),
        ("/tmp/out.txt", b"out"),
        ("..\\out.txt", b"out"),
        ("set/link", special("set/link", tarfile.SYMTYPE, "/etc/passwd")),
        ("set/hard", special("set/hard", tarfile.LNKTYPE, "../../out.txt")),
        ("set/pipe", special("set/pipe", tarfile.FIFOTYPE)),
        ("set/device", special("set/device", tarfile.CHRTYPE)),
    ],
)
def test_hostile_archives_are_refused_and_nothing_stays(tmp_path, name, member):
    before = sorted(tmp_path.iterdir())
    archive = write_tar(tmp_path / "bad.tgz", MEMBERS | {name: member})
    with pytest.raises(DataError, match="bad.tgz' is refused: .* (leads out|is a link)"):
        unpack([archive], "set")
    assert left_over() == []
    assert sorted(tmp_path.iterdir()) == sorted([*before, archive, tmp_path / "cache"])


@pytest.mark.parametrize("kept, instead", [(500, b""), (0, b"<html>"), (0, b"")])
def test_damaged_archives_are_named_and_nothing_stays(tmp_path, kept, instead):
    noise = np.random.default_rng(0).bytes(1000)
    archive = write_tar(tmp_path / "set.tgz", MEMBERS | {"set/noise": noise})
    archive.write_bytes(archive.read_bytes()[:kept] + instead)
    with pytest.raises(DataError, match="set.tgz' is no tar archive, or damaged"):
        unpack([archive], "set")
    assert left_over() == []


def test_unpacked_once_and_anew_when_the_archive_changes(archive):
    folder = unpack([archive], "set")
    (folder / "set" / "a.txt").write_bytes(b"still here")
    assert unpack([archive], "set") == folder
    assert (folder / "set" / "a.txt").read_bytes() == b"still here"
    os.utime(archive, (1, 1))
    assert contents(unpack([archive], "set")) == MEMBERS


def test_a_killed_run_goes_on(archive, monkeypatch):
    copy = shutil.copyfileobj
    copied = []

    def killed_at_the_second(source, target):
        if len(copied) == 1:
            raise KeyboardInterrupt
        copied.append(source)
        copy(source, target)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(shutil, "copyfileobj", killed_at_the_second)
        unpack([archive], "set")
    assert [name[-5:] for name in left_over()] == [".part"]
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfileobj", lambda *pair: copied.append(pair) or copy(*pair))
        folder = unpack([archive], "set")
    assert contents(folder).items() >= MEMBERS.items() and len(copied) == len(MEMBERS)
    assert left_over() == [folder.name]


def test_the_first_of_two_wins(archive, monkeypatch):
    whole = unpack([archive], "set")
    aside = shutil.copytree(whole, whole.with_name("aside"))
    shutil.rmtree(whole)
    rename = os.rename

    def too_late(part, target):
        aside.replace(whole)
        rename(part, target)

    monkeypatch.setattr(os, "rename", too_late)
    assert contents(unpack([archive], "set")) == MEMBERS
    assert left_over() == [whole.name]


def test_a_cache_that_cannot_be_written_is_one_line(archive, monkeypatch, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(DataError, match="cannot unpack .*set.tgz'.*XDG_CACHE_HOME") as caught:
        unpack([archive], "set")
    assert "\n" not in str(caught.value)
