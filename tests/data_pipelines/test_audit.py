"""Every kind of picture that people have lying about is either readable or named."""

import struct
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from data_pipelines.audit import Room, audit, examine
from data_pipelines.records import DataError, RetrievalDataset
from data_pipelines.sources import read_folder
from tests.data_pipelines.pictures import encode, make_records, picture, write_tree
from tfretrieval import images

RGB = picture("some", 40, 30)


def bomb():
    """A PNG of a few hundred bytes that announces 60,000 x 60,000 pixels."""

    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(b"\0" * 100_000))
    return b"\x89PNG\r\n\x1a\n" + header + data + chunk(b"IEND", b"")


def sixteen_bits():
    return Image.fromarray(np.arange(1200, dtype=np.uint16).reshape(40, 30) * 50)


def rotated():
    exif = Image.Exif()
    exif[0x0112] = 6
    return encode(RGB, "JPEG", exif=exif)


@pytest.mark.parametrize(
    "contents",
    [
        encode(RGB, "JPEG"),
        encode(RGB.convert("L"), "JPEG"),
        encode(RGB.convert("CMYK"), "JPEG"),
        encode(RGB, "JPEG", progressive=True),
        encode(RGB, "PNG"),
        encode(RGB.convert("RGBA"), "PNG"),
        encode(RGB.quantize(16), "PNG"),
        encode(sixteen_bits(), "PNG"),
        encode(picture("dot", 1, 1), "PNG"),
        encode(picture("dot", 1, 1), "JPEG"),
    ],
)
def test_what_tensorflow_reads_is_left_as_it_is(contents):
    found = examine(contents)
    assert (found.problem, found.foreign, found.rotated) == ("", False, False)


@pytest.mark.parametrize("kind", ["WEBP", "BMP", "GIF", "TIFF"])
def test_other_formats_are_known_and_told_apart(kind):
    found = examine(encode(RGB, kind))
    assert (found.problem, found.kind, found.foreign) == ("", kind, True)


@pytest.mark.parametrize(
    "contents, problem",
    [
        (b"", "the file is empty"),
        (b"hello", "no known picture format"),
        (encode(RGB, "JPEG")[:300], "truncated or damaged"),
        (encode(RGB, "PNG")[:300], "truncated or damaged"),
        (encode(RGB, "WEBP")[:100], "or damaged"),
        (b"\xff\xd8\xff", "truncated or damaged"),
        (bomb(), "pixels"),
    ],
)
def test_what_cannot_be_read_is_told_why(contents, problem):
    assert problem in examine(contents).problem


def test_exif_rotation_is_noticed_and_ignored():
    assert examine(rotated()).rotated
    assert tuple(images.decode(rotated()).shape) == (40, 30, 3)


def folder_dataset(root):
    """All pictures of two class folders: those called q... are queries."""
    records = read_folder(root).records
    query = np.array(["/q" in name for name in records.ids])
    part = {True: np.flatnonzero(query), False: np.flatnonzero(~query)}
    return RetrievalDataset("set", "1", records, part[False], part[False], part[True], ("before",))


GOOD = {name: None for name in ("a/0.jpg", "a/1.jpg", "a/q.jpg", "b/0.jpg", "b/1.jpg", "b/q.jpg")}


def test_a_clean_folder_passes_without_remarks(tmp_path):
    dataset = folder_dataset(write_tree(tmp_path, GOOD))
    checked = audit(dataset, progress=False)
    assert checked.notes == ("before",)
    assert checked.checksum() == dataset.checksum()


def test_unreadable_pictures_stop_with_id_path_and_advice(tmp_path):
    bad = {"a/cut.jpg": encode(RGB)[:300], "b/empty.png": b""}
    dataset = folder_dataset(write_tree(tmp_path, GOOD | bad))
    with pytest.raises(DataError) as caught:
        audit(dataset, progress=False)
    message = str(caught.value)
    assert "\n" not in message and "--skip-unreadable" in message
    assert f"cannot read 2 pictures of 8, first 'a/cut.jpg' ({tmp_path}/a/cut.jpg)" in message


def test_unreadable_pictures_can_be_skipped_and_are_listed(tmp_path):
    bad = {"a/cut.jpg": encode(RGB)[:300], "b/q2.png": b"", "c/0.jpg": b"no picture"}
    checked = audit(
        folder_dataset(write_tree(tmp_path, GOOD | bad)), skip_unreadable=True, progress=False
    )
    assert checked.records.ids.tolist() == list(GOOD)
    assert checked.records.class_names == ("a", "b") and checked.records.labels.max() == 1
    assert checked.query.tolist() == [2, 5] and checked.database.tolist() == [0, 1, 3, 4]
    assert checked.notes[1] == "unreadable and left out: 3 of 9 pictures"
    listed = [note for note in checked.notes if note.startswith("left out: ")]
    assert len(listed) == 3 and "c/0.jpg" in listed[2] and "no known picture format" in listed[2]


def test_a_picture_that_vanished_is_unreadable(tmp_path):
    dataset = folder_dataset(write_tree(tmp_path, GOOD))
    (tmp_path / "a/0.jpg").unlink()
    with pytest.raises(DataError, match="'a/0.jpg'.*no such file"):
        audit(dataset, progress=False)


def test_converted_pictures_keep_their_id_and_are_counted(tmp_path):
    webp = {"a/w.webp": encode(RGB, "WEBP"), "b/w.jpg": encode(RGB, "WEBP")}
    checked = audit(folder_dataset(write_tree(tmp_path, GOOD | webp)), progress=False)
    assert checked.notes[1].startswith("WEBP converted to PNG in memory")
    assert checked.notes[1].endswith(": 2 pictures")
    assert checked.records.blobs is None and checked.records.foreign.sum() == 2
    read = checked.records.reader()
    for i in range(len(checked.records)):
        assert images.readable_format(read(i).numpy())
    assert "a/w.webp" in checked.records.ids


def test_rotated_pictures_are_counted(tmp_path):
    checked = audit(
        folder_dataset(write_tree(tmp_path, GOOD | {"a/r.jpg": rotated()})), progress=False
    )
    assert checked.notes[1] == "EXIF orientation ignored, alike everywhere: 1 picture"


def test_queries_that_are_copies_are_reported(tmp_path):
    same = encode(RGB)
    files = GOOD | {"a/same.jpg": same, "b/q-same.jpg": same}
    checked = audit(folder_dataset(write_tree(tmp_path, files)), progress=False)
    assert "exact copies of a database or training picture: 1 of 3" in checked.notes[1]
    assert "first 'b/q-same.jpg' of 'a/same.jpg'" in checked.notes[1]


def test_queries_of_classes_that_nothing_trains_on_are_reported_where_others_are():
    records = make_records([0, 0, 1, 1, 2, 2])
    some = RetrievalDataset("set", "1", records, [0, 2], [0, 2, 4], [1, 3, 5])
    note = "queries of classes without a training picture: 1, of 1 classes such as '2'"
    assert audit(some, progress=False).notes == (note,)
    unseen = RetrievalDataset("set", "1", records, [0, 1], [2, 3, 4, 5], [2, 3, 4, 5])
    assert audit(unseen, progress=False).notes == ()


def test_threads_wait_for_room_and_one_alone_never_does():
    room, most, lock = Room(10), [0], threading.Lock()

    def work(amount):
        with room.holding(amount):
            with lock:
                most[0] = max(most[0], room.taken)
            time.sleep(0.001)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, [4, 3, 6] * 20))
    assert 6 < most[0] <= 10 and room.taken == 0
    with room.holding(1000):
        assert room.taken == 1000


def test_queries_that_have_nothing_to_find_are_reported():
    records = make_records([0, 0, 1, 1, 2])
    some = RetrievalDataset("set", "1", records, [0, 4], [0, 4], [1, 2, 3])
    notes = audit(some, progress=False).notes
    assert "queries without a picture of their class in the database: 2" in notes
    with pytest.raises(DataError, match="no query has a picture of its class"):
        audit(RetrievalDataset("set", "1", records, [0, 1], [0, 1], [2, 3]), progress=False)
