"""By Beam the audit finds what it finds on one machine, and goes on where it was killed."""

import os
import warnings
from pathlib import Path

import pytest
from PIL import Image

from data_pipelines import audit, record_shards, verdicts
from data_pipelines.records import DataError, Records
from tests.data_pipelines.pictures import encode, make_records, picture, write_tree
from tfretrieval.files import FolderLock, InUse

NAMES = [f"{number}.jpg" for number in range(7)]
BEAM = "DirectRunner"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(verdicts, "WORTH", 0.0)
    monkeypatch.setattr(verdicts, "FRESH", 0.0)
    monkeypatch.setattr(record_shards, "PICTURES", 2)
    return tmp_path / "cache/tfretrieval/audit"


@pytest.fixture
def records(tmp_path):
    """Four shards; one picture is cut, one of another format."""
    root = write_tree(tmp_path / "data", {name: encode(picture(name)) for name in NAMES})
    (tmp_path / "data/2.jpg").write_bytes(encode(picture("cut", 200, 200))[:400])
    (tmp_path / "data/3.jpg").write_bytes(encode(picture("webp"), "WEBP"))
    return Records(NAMES, [0] * 7, ("x",), paths=[f"{root}/{name}" for name in NAMES])


@pytest.fixture
def examined(monkeypatch):
    """The bytes that were examined."""
    seen, examine = [], audit.examine
    monkeypatch.setattr(audit, "examine", lambda given: seen.append(given) or examine(given))
    return seen


def findings(records, beam=BEAM):
    return audit._examine_all(records, False, beam)


def kept(cache):
    return {path.name: path.read_bytes() for path in cache.iterdir()}


def test_findings_and_their_file_are_those_of_one_machine(records, cache, examined, capsys):
    os.unlink(records.paths[5])
    here = findings(records, None)
    [(name, contents)] = kept(cache).items()
    (cache / name).unlink()
    assert findings(records) == here and kept(cache) == {name: contents}
    assert [bool(found.problem) for found in here] == [
        False,
        False,
        True,
        False,
        False,
        True,
        False,
    ]
    assert "pictures 000000002-000000003: looked at, 1 cannot be read" in capsys.readouterr().err
    before = len(examined)
    assert findings(records) == findings(records, None) == here
    # What was not there has no stamp, so that its shard is looked at again.
    assert len(examined) == before + 1


def test_pictures_in_memory_travel(cache):
    records = make_records([0] * 5)
    assert findings(records) == findings(records, None)


def test_killed_it_goes_on_with_the_shards_that_are_not_there(
    records, cache, examined, monkeypatch
):
    plain, written = verdicts.write, []

    def killed(file, *columns):
        written.append(1)
        if len(written) == 3:
            raise KeyboardInterrupt
        plain(file, *columns)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(verdicts, "write", killed)
        findings(records)
    [parts] = cache.iterdir()
    whole = sorted(parts.glob("*.npz"))
    assert len(whole) == 2
    whole[0].write_bytes(whole[0].read_bytes()[:99])
    before = len(examined)
    found = findings(records)
    first, last = (int(number) for number in whole[1].stem.split("-"))
    assert len(examined) - before == 7 - (last + 1 - first) and not parts.exists()
    [path] = cache.iterdir()
    path.unlink()
    assert found == findings(records, None)


def test_a_picture_that_has_changed_is_looked_at_again_with_its_shard(records, cache, examined):
    findings(records)
    Path(records.paths[6]).write_bytes(encode(picture("other")))
    os.utime(records.paths[6], (1, 1))
    before = len(examined)
    changed = findings(records)
    assert len(examined) == before + 1
    [path] = cache.iterdir()
    path.unlink()
    assert changed == findings(records, None)


def test_workers_of_other_versions_are_told(records, cache, monkeypatch):
    monkeypatch.setattr(verdicts, "write", lambda file, *columns: file.write(b"of others"))
    with pytest.raises(DataError, match="give all workers the same, and start again"):
        findings(records)


def test_the_shards_stay_until_their_findings_are_kept(records, cache, examined, monkeypatch):
    plain = os.replace

    def full(source, target):
        if Path(target).parent == cache:
            raise OSError("no space is left")
        plain(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        found = findings(records)
    assert len(examined) == 7 and not [*cache.glob("*.npz")]
    assert findings(records) == found and len(examined) == 7
    assert [*cache.glob("*.npz")] and not [*cache.glob("*.parts")]


def test_one_process_at_a_time(records, cache, monkeypatch):
    def taken(folder):
        raise InUse(f"{folder} is being written by another process (7)")

    monkeypatch.setattr(FolderLock, "of", taken)
    with pytest.raises(InUse, match="another process"):
        findings(records)


@pytest.mark.parametrize("beam", [None, BEAM])
def test_remarks_of_pillow_are_not_passed_on(records, cache, monkeypatch, beam):
    with Image.open(records.paths[0]) as whole:
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", whole.width * whole.height - 1)
    with pytest.warns(Image.DecompressionBombWarning):
        audit.examine(Path(records.paths[0]).read_bytes())
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        findings(records, beam)
    assert not [each for each in told if "PIL" in each.filename]


def test_shards_side_by_side_leave_the_filters_of_warnings_alone(records):
    before = [*warnings.filters]
    one, other = audit.examined(records), audit.examined(records)
    next(one), next(other)
    one.close(), other.close()
    assert warnings.filters == before


def test_the_audit_of_a_set_and_of_a_part_take_beam(records, cache, examined):
    with pytest.raises(DataError, match="begin with the name of a runner"):
        audit.readable(records, "set", progress=False, beam="--")
    assert not examined and not cache.exists()
    with pytest.raises(DataError, match="set: cannot read 1 picture of 7, first '2.jpg'"):
        audit.readable(records, "set", progress=False, beam=BEAM)
