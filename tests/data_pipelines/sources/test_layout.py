"""Where a set is looked for, and how its archives are fetched."""

import dataclasses
import hashlib

import pytest

from data_pipelines.records import DataError
from data_pipelines.sources import Archive, Layout, Prepared
from tests.data_pipelines.pictures import write_tree
from tests.data_pipelines.published_sets import write_tar

TWO = Layout("two", "", ("a", "b.txt"), (Archive("a.tar"), Archive("b.tar")), "1 GB")
ONE = Layout("one", "inner", ("b.txt",), (Archive("one.tgz"),), "1 GB", hint="mind the gap")


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def on_the_web(layout, folder, damage=b"", algorithm="sha256"):
    """The layout with addresses: archives in a folder, which may be damaged afterwards."""
    archives = []
    for archive, members in zip(layout.archives, ({"a/x": b"x"}, {"b.txt": b"b"}), strict=False):
        path = write_tar(folder / archive.name, members)
        digest = hashlib.new(algorithm, path.read_bytes()).hexdigest()
        path.write_bytes(path.read_bytes() + damage)
        archives.append(Archive(archive.name, path.as_uri(), digest))
    return dataclasses.replace(layout, archives=tuple(archives))


def test_a_single_archive_may_have_any_name(tmp_path):
    archive = write_tar(tmp_path / "renamed.tar", {"inner/b.txt": b"b"})
    found = ONE.find(str(archive))
    assert found is not None and (found / "b.txt").read_bytes() == b"b"
    assert ONE.find(str(tmp_path)) is None


def test_the_unpacked_folder_comes_before_the_archive(tmp_path):
    write_tar(tmp_path / "one.tgz", {"inner/b.txt": b"b"})
    write_tree(tmp_path, {"inner/b.txt": b"here"})
    assert ONE.find(str(tmp_path)) == tmp_path / "inner" == ONE.find(str(tmp_path / "inner"))


def test_an_archive_of_other_things_is_one_line_and_does_not_stay(tmp_path):
    archive = write_tar(tmp_path / "one.tgz", {"other.txt": b"o"})
    with pytest.raises(DataError, match="one: .*one.tgz must hold b.txt; mind the gap$"):
        ONE.find(str(archive))
    assert list((tmp_path / "cache" / "tfretrieval").iterdir()) == []


def test_a_missing_archive_is_named(tmp_path):
    archive = write_tar(tmp_path / "a.tar", {"a/x": b"x"})
    for place in (archive, tmp_path):
        assert TWO.find(str(place)) is None
        message = str(TWO.not_found(str(place)))
        assert message == f"two: b.tar must lie beside a.tar in {str(tmp_path)!r}"


@pytest.mark.parametrize("kind", ["zip", "7z", "RAR"])
def test_an_archive_of_a_kind_that_is_not_read_is_told_what_to_do(tmp_path, kind):
    path = tmp_path / f"x.{kind}"
    path.write_bytes(b"PK")
    with pytest.raises(DataError, match="x.* is an archive of a kind that is not read.* unpack it"):
        ONE.find(str(path))
    assert TWO.find(str(path)) is None
    message = str(TWO.not_found(str(path)))
    assert "none of its archives; one of another kind has to be unpacked" in message


def test_all_the_ways_are_named(tmp_path):
    web = dataclasses.replace(ONE, archives=(Archive("one.tgz", "https://x"),), prepared=Prepared())
    assert str(web.not_found(None)) == (
        "one is not there: point --data-dir to the unpacked folder (inner), one.tgz, their parent, "
        "data prepared by TFDS or pass --download (1 GB); mind the gap"
    )
    assert str(TWO.not_found(str(tmp_path))) == (
        f"two is not in {str(tmp_path)!r}: point --data-dir to the unpacked folder (with a, b.txt),"
        " a.tar + b.tar or their parent"
    )


def test_what_is_missing_is_fetched_and_nothing_else(tmp_path):
    layout = on_the_web(TWO, tmp_path)
    place = tmp_path / "new"
    place.mkdir()
    (place / "a.tar").write_bytes((tmp_path / "a.tar").read_bytes())
    (tmp_path / "a.tar").unlink()
    layout.fetch(str(place))
    assert sorted(path.name for path in place.iterdir()) == ["a.tar", "b.tar"]
    assert layout.find(str(place)) is not None


def test_by_default_fetched_into_the_cache(tmp_path):
    layout = on_the_web(ONE, tmp_path, b"")
    layout.fetch(None)
    fetched = tmp_path / "cache" / "tfretrieval" / "fetched" / "one" / "one.tgz"
    assert fetched.read_bytes() == (tmp_path / "one.tgz").read_bytes()


def test_a_set_without_archives_is_found_unpacked_only(tmp_path):
    layout = Layout("none", "", ("a", "b"), (), "")
    assert layout.find(str(tmp_path)) is None
    assert str(layout.not_found(None)) == (
        "none is not there: point --data-dir to the unpacked folder (with a, b)"
    )
    with pytest.raises(DataError, match="none cannot be fetched, it needs an account"):
        layout.fetch(None)
    write_tree(tmp_path, {"a/x": b"", "b/x": b""})
    assert layout.find(str(tmp_path)) == tmp_path


def test_an_md5_will_do(tmp_path):
    on_the_web(ONE, tmp_path, algorithm="md5").fetch(str(tmp_path / "new"))
    assert (tmp_path / "new" / "one.tgz").is_file()


@pytest.mark.parametrize("algorithm", ["sha256", "md5"])
def test_a_wrong_checksum_leaves_nothing(tmp_path, algorithm):
    layout = on_the_web(ONE, tmp_path, b"!", algorithm)
    with pytest.raises(DataError, match="one could not be fetched: .*; point --data-dir"):
        layout.fetch(str(tmp_path / "new"))
    assert list((tmp_path / "new").iterdir()) == []


def test_dead_addresses_are_one_line(tmp_path):
    with pytest.raises(DataError, match="two cannot be fetched, its addresses are dead; point"):
        TWO.fetch(str(tmp_path))
