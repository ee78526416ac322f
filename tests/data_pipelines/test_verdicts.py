"""What an audit found is found once: kept while pictures, libraries and rules stay the same."""

import os

import pytest

from data_pipelines import audit, verdicts
from data_pipelines.audit import readable
from data_pipelines.records import DataError, Records
from data_pipelines.verdicts import Finding, Verdicts
from tests.data_pipelines.pictures import encode, make_records, picture, write_tree

FILES = {f"{i}.jpg": encode(picture(str(i))) for i in range(3)}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(verdicts, "WORTH", 0.0)
    monkeypatch.setattr(verdicts, "FRESH", 0.0)
    return tmp_path / "cache" / "tfretrieval" / "audit"


@pytest.fixture
def examined(monkeypatch):
    """The bytes that were examined."""
    seen, examine = [], audit.examine
    monkeypatch.setattr(
        audit, "examine", lambda contents: seen.append(contents) or examine(contents)
    )
    return seen


@pytest.fixture
def records(tmp_path):
    root = write_tree(tmp_path / "data", FILES)
    names = sorted(FILES)
    return Records(names, [0, 0, 0], ("x",), paths=[f"{root}/{name}" for name in names])


def rewrite(path, contents):
    """Other bytes; the time is moved on, as clocks may be too coarse to show it."""
    with open(path, "wb") as file:
        file.write(contents)
    later = os.stat(path).st_mtime + 10
    os.utime(path, (later, later))


def test_a_second_audit_examines_nothing_and_finds_the_same(records, cache, examined):
    first = readable(records, "set", progress=False)
    assert len(examined) == 3 and len(list(cache.iterdir())) == 1
    second = readable(records, "set", progress=False)
    assert len(examined) == 3
    assert first.digests.tolist() == second.digests.tolist()


def test_what_changed_is_examined_again_and_nothing_else(records, cache, examined):
    before = readable(records, "set", progress=False)
    rewrite(records.paths[1], encode(picture("other")))
    after = readable(records, "set", progress=False)
    assert len(examined) == 4 and (before.digests != after.digests).tolist() == [False, True, False]
    rewrite(records.paths[2], b"no picture")
    with pytest.raises(DataError, match="'2.jpg'.*no known picture format"):
        readable(records, "set", progress=False)
    os.unlink(records.paths[2])
    with pytest.raises(DataError, match="'2.jpg'.*no such file"):
        readable(records, "set", progress=False)


def test_a_change_that_keeps_size_and_time_is_noticed(records, cache, examined):
    readable(records, "set", progress=False)
    path, found = records.paths[0], os.stat(records.paths[0])
    os.replace(path, f"{path}.old")
    with open(path, "wb") as file:
        file.write(b"\0" * found.st_size)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    with pytest.raises(DataError, match="'0.jpg'"):
        readable(records, "set", progress=False)


def test_files_changed_just_now_are_not_trusted(records, cache, examined, monkeypatch):
    monkeypatch.setattr(verdicts, "FRESH", 60.0)
    for _ in range(2):
        readable(records, "set", progress=False)
    assert len(examined) == 6


def test_pictures_in_memory_are_known_by_their_bytes(cache, examined):
    records = make_records([0, 0, 0])
    for _ in range(2):
        readable(records, "set", progress=False)
    assert len(examined) == 3


def test_other_rules_know_nothing(records, cache, examined, monkeypatch):
    readable(records, "set", progress=False)
    monkeypatch.setattr(verdicts, "_rules", lambda: "others")
    readable(records, "set", progress=False)
    assert len(examined) == 6


def test_a_damaged_file_and_a_place_that_cannot_be_written_do_no_harm(
    records, cache, examined, monkeypatch
):
    readable(records, "set", progress=False)
    [path] = cache.iterdir()
    path.write_bytes(path.read_bytes()[:100])
    readable(records, "set", progress=False)
    assert len(examined) == 6
    (cache.parent.parent / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache.parent.parent / "file"))
    assert len(readable(records, "set", progress=False)) == 3


def test_quick_audits_leave_nothing_behind(records, cache, monkeypatch):
    monkeypatch.setattr(verdicts, "WORTH", 60.0)
    readable(records, "set", progress=False)
    assert not cache.exists()


def test_only_the_last_lists_are_kept(records, cache, monkeypatch):
    monkeypatch.setattr(verdicts, "FILES", 2)
    for count in (1, 2, 3):
        some = Verdicts(records.take(range(count)))
        some.keep([Finding("0")] * count)
    assert len(list(cache.iterdir())) == 2
    assert Verdicts(records).before(0) == Finding("0")
