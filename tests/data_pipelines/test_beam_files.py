"""Files here and elsewhere: found, read, and written whole or not at all."""

import os
import shutil
import sys

import pytest

from data_pipelines import beam_files
from data_pipelines.beam_files import Listed, elsewhere, listed, read, read_part, replace, write
from data_pipelines.records import DataError
from tests import odd_files
from tests.data_pipelines.disk_system import DiskSystem
from tests.data_pipelines.pictures import write_tree
from tfretrieval.convert import SUFFIXES
from tfretrieval.encoders.indexing import pictures_below

FILES = ("a.jpg", "b/c.jpg", "b/d/e.jpg", "b/f.txt", ".hidden/a.jpg", "b/.h.jpg", "__MACOSX/x.jpg")


def is_picture(name):
    return name.lower().endswith(SUFFIXES)


@pytest.fixture
def root(tmp_path):
    write_tree(tmp_path / "root", {name: name.encode() for name in FILES})
    return tmp_path / "root"


@pytest.fixture(params=["here", "elsewhere"])
def place(request, root):
    """The same folder, by its path and by an address."""
    with DiskSystem.at(root.parent):
        yield str(root) if request.param == "here" else "disk://root"


def names(pattern, wanted=is_picture):
    base, files = listed(pattern, wanted)
    for file in files:
        assert read(f"{base}/{file.name}").decode().endswith(file.name)
    return [file.name for file in files]


def test_a_folder_a_pattern_and_a_file_are_found(place):
    assert names(place) == names(f"{place}/") == ["a.jpg", "b/c.jpg", "b/d/e.jpg"]
    assert names(place, lambda name: name.endswith(".txt")) == ["b/f.txt"]
    assert names(f"{place}/*.jpg") == ["a.jpg"]
    assert names(f"{place}/b/[c-d].jpg") == ["c.jpg"]
    assert names(f"{place}/b/c.jpg") == ["c.jpg"]
    assert names(f"{place}/?/**/*.jpg")[-1] == "b/d/e.jpg"
    assert names(f"{place}/nothing*") == names(f"{place}/nothing") == []


def test_size_and_time_are_told(place, root):
    os.utime(root / "a.jpg", ns=(1, 1_000_000_000))
    assert listed(f"{place}/a*", is_picture)[1] == [Listed("a.jpg", 5, 1_000_000_000)]


def test_a_relative_pattern_begins_here(root, monkeypatch):
    monkeypatch.chdir(root)
    assert names("*.jpg") == ["a.jpg"] and names("b/*.jpg") == ["c.jpg"]
    assert names(".") == ["a.jpg", "b/c.jpg", "b/d/e.jpg"]
    assert names("../root/b") == ["c.jpg", "d/e.jpg"]


def test_odd_folders_are_read_as_the_index_of_one_machine_reads_them(tmp_path):
    root = odd_files.folder(tmp_path / "[odd] *")
    base, files = listed(root, is_picture)
    assert base == root and [file.name for file in files] == pictures_below(tmp_path / "[odd] *")


def test_a_part_of_a_file_is_read(place):
    assert read_part(f"{place}/b/d/e.jpg", 2, 3) == b"d/e"
    assert read_part(f"{place}/b/d/e.jpg", 4, None) == b"e.jpg"


def test_a_file_is_replaced_or_taken_away(place, root):
    replace(f"{place}/new/x.gz", b"plain")
    replace(f"{place}/new/x.gz", b"other")
    assert (root / "new/x.gz").read_bytes() == read(f"{place}/new/x.gz") == b"other"
    time = (root / "new/x.gz").stat().st_mtime_ns
    replace(f"{place}/new/x.gz", b"other")
    assert (root / "new/x.gz").stat().st_mtime_ns == time
    replace(f"{place}/new/x.gz", None)
    replace(f"{place}/new/x.gz", None)
    assert [*(root / "new").iterdir()] == []


def test_what_is_half_written_has_another_name(root, monkeypatch):
    def dies(source, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", dies)
    with pytest.raises(KeyboardInterrupt):
        write(f"{root}/x.npz", b"half")
    [left] = root.glob("x*")
    assert left.name.startswith(f"x.npz{beam_files.ASIDE}")


def test_an_address_is_no_path_of_this_machine():
    assert elsewhere("hdfs://host/a") and not elsewhere("a:/b") and not elsewhere("/x/a://b")


def test_a_file_system_that_beam_lacks_is_told():
    with pytest.raises(DataError, match=r"^nope://x/\*.jpg: .*apache-beam\[gcp\]"):
        listed("nope://x/*.jpg", is_picture)


def test_files_here_need_no_beam(root, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "apache_beam", None)
    shutil.copytree(root, tmp_path / "copy")
    assert names(str(tmp_path / "copy"))
    with pytest.raises(ImportError, match="pip install 'tfretrieval\\[beam\\]'"):
        read("gs://bucket/a.jpg")
