"""Pictures are added, taken out and found; a kill loses nothing that counted."""

import json
import shutil

import numpy as np
import pytest

from tfretrieval.codes import pack
from tfretrieval.files import FolderLock, InUse
from tfretrieval.search import HammingIndex, Picture, PictureIndex, RowFile

FEATURES = np.random.default_rng(0).standard_normal((30, 12)).astype(np.float32)
CODES = pack(FEATURES)
PICTURES = [Picture(f"{'ab'[i % 2]}/{i:02d}.jpg", i, i * 10, f"d{i}") for i in range(30)]


def add(index, places):
    places = list(places)
    index.add([PICTURES[i] for i in places], FEATURES[places], CODES[places])


@pytest.fixture
def index(tmp_path):
    encoder = {"name": "the network"}
    made = PictureIndex.create(tmp_path / "index", tmp_path / "pictures", 12, 12, "m", encoder)
    add(made, range(20))
    return made


def test_opened_again_it_is_what_was_added(index):
    add(index, range(20, 30))
    again = PictureIndex(index.folder, "m")
    assert again.pictures == PICTURES and len(again) == 30
    np.testing.assert_array_equal(again.codes, CODES)
    np.testing.assert_array_equal(again.features, FEATURES.astype(np.float16))
    assert again.path(3) == again.root / "b/03.jpg" and again.pictures[3].label == "b"
    assert Picture("top.jpg", 1, 1, "").label == ""


def test_without_features_the_answer_is_that_of_the_codes(index):
    plain = HammingIndex(12)
    plain.add(CODES[:20])
    distances, places = plain.search(CODES[25:28], 7)
    for found, far, near in zip(index.search(CODES[25:28], 7), distances, places, strict=True):
        np.testing.assert_array_equal(found.places, near)
        np.testing.assert_array_equal(found.distances, far)
        assert found.cosines is None
    [within] = index.range_search(CODES[:1], 3)
    [(far, near)] = plain.range_search(CODES[:1], 3)
    np.testing.assert_array_equal(within.places, near)
    np.testing.assert_array_equal(within.distances, far)


def test_a_shortlist_is_put_in_order_by_features_and_keeps_its_distances(index):
    [found] = index.search(CODES[4:5], 5, FEATURES[4:5])
    cosines = FEATURES[:20] @ FEATURES[4]
    cosines /= np.linalg.norm(FEATURES[:20], axis=1) * np.linalg.norm(FEATURES[4])
    assert found.places.tolist() == np.argsort(-cosines)[:5].tolist()
    different = np.unpackbits(CODES[found.places] ^ CODES[4], axis=1).sum(axis=1)
    np.testing.assert_array_equal(found.distances, different)
    assert len(index.search(CODES[:1], 99, FEATURES[:1])[0].places) == 20


def test_what_is_taken_out_is_not_found_and_a_new_one_is(index):
    assert index.remove(["a/00.jpg", "b/19.jpg"]) == 2 and index.remove([]) == 0
    add(index, [20])
    assert [p.name for p in index.pictures] == [p.name for p in PICTURES[1:19] + PICTURES[20:21]]
    assert PictureIndex(index.folder).pictures == index.pictures
    np.testing.assert_array_equal(index.codes, CODES[[*range(1, 19), 20]])
    [found] = index.search(CODES[20:21], 1)
    assert found.places.tolist() == [18] and found.distances.tolist() == [0]
    with pytest.raises(ValueError, match="does not hold 'x.jpg'"):
        index.remove(["x.jpg"])
    assert sorted(path.name for path in index.folder.iterdir()) == [".lock", "2", "index.json"]


def test_a_kill_in_the_middle_of_a_batch_leaves_the_batches_before(index, monkeypatch):
    """At every point of the writing."""
    saved = index.folder.with_name("saved")
    shutil.copytree(index.folder, saved)
    append = RowFile.append
    for step in ("features.rows", "codes.rows"):
        shutil.rmtree(index.folder)
        shutil.copytree(saved, index.folder)

        def stop(file, rows, step=step):
            if file.path.name == step:
                raise KeyboardInterrupt
            append(file, rows)

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(RowFile, "append", stop)
            add(PictureIndex(index.folder), range(20, 25))
        again = PictureIndex(index.folder)
        again.settle()
        assert again.pictures == PICTURES[:20] and len(again.codes) == 20
        add(again, range(20, 30))
        assert PictureIndex(index.folder).pictures == PICTURES
        np.testing.assert_array_equal(again.codes, CODES)


def test_codes_may_come_after_features(index):
    index.add(PICTURES[20:], FEATURES[20:])
    assert len(index) == 30 and len(index.codes) == 20
    index.encoded(CODES[20:])
    np.testing.assert_array_equal(PictureIndex(index.folder).codes, CODES)
    with pytest.raises(ValueError, match="1 codes for 0 pictures"):
        index.encoded(CODES[:1])


def test_another_model_or_a_damaged_index_is_refused_by_name(index):
    with pytest.raises(ValueError, match="codes of another model .the network."):
        PictureIndex(index.folder, "other")
    names = index.folder / "1/pictures.jsonl"
    names.write_bytes(names.read_bytes()[:40])
    with pytest.raises(ValueError, match=r"pictures.jsonl is truncated: 2 of 20|Expecting|delim"):
        PictureIndex(index.folder)
    (index.folder / "1/codes.rows").unlink()
    with pytest.raises(ValueError, match="codes.rows"):
        PictureIndex(index.folder)
    (index.folder / "index.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(ValueError, match="another program or version"):
        PictureIndex(index.folder)
    (index.folder / "index.json").write_text("{")
    with pytest.raises(ValueError, match="cannot be read"):
        PictureIndex(index.folder)
    with pytest.raises(ValueError, match="is no index"):
        PictureIndex(index.folder.parent)


def test_a_folder_with_other_things_is_left_alone(index, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter.txt").write_text("dear")
    with pytest.raises(ValueError, match="choose an empty folder"):
        PictureIndex.create(tmp_path / "mine", tmp_path, 8, 8, "m", {"name": "n"})
    assert (tmp_path / "mine/letter.txt").read_text() == "dear"


def test_two_processes_do_not_write_at_once(index, monkeypatch):
    def held(folder):
        raise InUse("being written")

    other = PictureIndex(index.folder)
    monkeypatch.setattr(FolderLock, "of", held)
    with pytest.raises(InUse):
        add(other, [20])
    assert len(PictureIndex(index.folder)) == 20


def test_who_writes_later_takes_over_what_was_written_before(index):
    late, stale = PictureIndex(index.folder), PictureIndex(index.folder)
    add(stale, [20])
    add(late, [21])
    assert PictureIndex(index.folder).pictures == PICTURES[:22]
    # In one process both may hold the lock: the rows do not take what comes from an old state.
    with pytest.raises(ValueError, match="changed by somebody else"):
        add(stale, [22])
    assert PictureIndex(index.folder).pictures == PICTURES[:22]


def test_a_reader_keeps_what_it_opened_while_pictures_are_taken_out(index):
    reader = PictureIndex(index.folder)
    expected = reader.search(CODES[:1], 3, FEATURES[:1])[0].places
    index.remove([picture.name for picture in PICTURES[:10]])
    np.testing.assert_array_equal(reader.search(CODES[:1], 3, FEATURES[:1])[0].places, expected)


@pytest.mark.parametrize("name", ["../letter.jpg", "/etc/letter.jpg"])
def test_an_index_that_names_files_elsewhere_is_refused(index, name):
    file = index.folder / "1/pictures.jsonl"
    file.write_bytes(file.read_bytes().replace(b"a/00.jpg", name.encode()))
    with pytest.raises(ValueError, match="outside of its folder"):
        PictureIndex(index.folder)


def test_an_empty_index_says_so(tmp_path):
    index = PictureIndex.create(tmp_path / "i", tmp_path, 12, 12, "m", {"name": "n"})
    with pytest.raises(ValueError, match="holds no codes yet"):
        index.search(CODES[:1], 1)
    assert len(index.range_search(CODES[:1], 12)[0].places) == 0
    with pytest.raises(ValueError, match="as many features"):
        index.add(PICTURES[:2], FEATURES[:1], CODES[:2])
