"""Oxford and Paris in tiny: where files lie, what is right, and what is said where one is not."""

import pickle

import numpy as np
import pytest

from data_pipelines.records import DataError
from data_pipelines.sources import oxford_paris
from data_pipelines.sources.oxford_paris import read_oxford5k, read_paris6k, read_revisited
from tests.data_pipelines.pictures import encode, picture, write_tree

OXFORD = ["all_souls_000001", "all_souls_000002", "keble_000003", "oxford_000004", "oxford_000005"]
TRUTH = {
    "keble_1_query.txt": "oxc1_keble_000003 0 0 16 12\n",
    "keble_1_good.txt": "keble_000003\n",
    "keble_1_ok.txt": "",
    "keble_1_junk.txt": "",
    "all_souls_1_query.txt": "oxc1_all_souls_000001 4 3.0 12 9\n",
    "all_souls_1_good.txt": "all_souls_000001\r\nall_souls_000001\r\n",
    "all_souls_1_ok.txt": "oxford_000005\n",
    "all_souls_1_junk.txt": "oxford_000004\nall_souls_000002\n",
}
GND = {
    "imlist": ["oxford_000004", "oxford_000005", "all_souls_000002"],
    "qimlist": ["keble_000003", "all_souls_000001"],
    "gnd": [
        {"easy": [0], "hard": [], "junk": [2], "bbx": [0, 0, 8, 12]},
        {
            "easy": np.array([]),
            "hard": np.array([2, 1]),
            "junk": [0],
            "bbx": np.array([4.0, 3, 12, 9]),
        },
    ],
}


def write(root, pictures=OXFORD, truth=TRUTH, at="jpg", gt="gt"):
    """A tiny archive: pictures 16 wide and 12 high, and ground-truth files."""
    files = {f"{at}/{name}.jpg": None for name in pictures}
    files.update({f"{gt}/{name}": text.encode() for name, text in truth.items()})
    write_tree(root, files)
    return root


def write_revisited(root, gnd=GND, name="roxford5k", pictures=OXFORD):
    write(root, pictures, {})
    write_tree(root, {f"gnd_{name}.pkl": pickle.dumps(gnd)})
    return root


def lists(truth):
    return [each.tolist() for each in truth.positives], [each.tolist() for each in truth.ignored]


def test_oxford_as_published(tmp_path):
    oxford = read_oxford5k(write(tmp_path))
    assert oxford.database.ids.tolist() == OXFORD
    assert oxford.database.class_names == ("picture",)
    assert oxford.queries.ids.tolist() == ["all_souls_1", "keble_1"]
    assert oxford.queries.class_names == ("all_souls", "keble")
    assert oxford.queries.labels.tolist() == [0, 1]
    assert oxford.queries.boxes.tolist() == [[0.25, 0.25, 0.75, 0.75], [0, 0, 1, 1]]
    assert oxford.queries.paths[0] == oxford.database.paths[0]
    assert lists(oxford.protocols["all"]) == ([[0, 4], [2]], [[1, 3], []])
    assert oxford.notes == ("ground truth of 2 queries, the published one has 55",)


@pytest.mark.parametrize("at", ["jpg", "oxbuild_images", "."])
@pytest.mark.parametrize("gt", ["gt", "gt_files", "lab", "gt_files_170407", "."])
def test_where_oxford_may_lie(tmp_path, at, gt):
    assert len(read_oxford5k(write(tmp_path, at=at, gt=gt)).database) == 5


def test_all_55_queries_need_no_note(tmp_path):
    titles = [f"l{place:02d}_{number}" for place in range(11) for number in range(1, 6)]
    truth = {f"{x}_{kind}.txt": "" for x in titles for kind in ("ok", "junk")}
    truth.update({f"{x}_good.txt": "keble_000003" for x in titles})
    truth.update({f"{x}_query.txt": "oxc1_keble_000003 0 0 9 9" for x in titles})
    oxford = read_oxford5k(write(tmp_path, truth=truth))
    assert oxford.notes == () and oxford.queries.ids.tolist() == titles
    assert np.bincount(oxford.queries.labels).tolist() == [5] * 11


@pytest.mark.parametrize("at", ["paris/{}", "{}", "jpg", "paris", "."])
def test_paris_without_what_was_published_damaged(tmp_path, at):
    names = ["paris_defense_000001", "paris_louvre_000136", "paris_louvre_000137"]
    truth = {
        "defense_1_query.txt": "paris_defense_000001 0.0 0.0 8.0 12.0",
        "defense_1_good.txt": "paris_defense_000001",
        "defense_1_ok.txt": "paris_louvre_000136\n",
        "defense_1_junk.txt": "paris_louvre_000137\n",
    }
    for name in names:
        write(tmp_path, [name], truth, at.format(name.split("_")[1]), "paris_120310")
    paris = read_paris6k(tmp_path)
    assert paris.database.ids.tolist() == [names[0], names[2]]
    assert paris.queries.class_names == ("defense",)
    assert lists(paris.protocols["all"]) == ([[0]], [[1]])
    assert paris.notes[0] == "1 pictures that were published damaged are left out"


def test_twenty_are_damaged():
    assert len(oxford_paris.DAMAGED) == 20
    assert {"paris_museedorsay_001059", "paris_triomphe_000867"} < oxford_paris.DAMAGED


def test_boxes_over_the_edge_are_put_right(tmp_path):
    truth = {**TRUTH, "keble_1_query.txt": "oxc1_keble_000003 -1 0 8 13"}
    oxford = read_oxford5k(write(tmp_path, truth=truth))
    assert oxford.queries.boxes[1].tolist() == [0, 0, 1, 0.5]
    assert "1 boxes" in oxford.notes[0]


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("keble_1_ok.txt", "keble_000009", "keble_1_ok.txt' names 'keble_000009', which is not in"),
        ("keble_1_query.txt", "oxc1_keble_9 0 0 1 1", "keble_1_query.txt' names 'keble_9'"),
        ("keble_1_query.txt", "oxc1_keble_000003 0 0 1", "must hold a picture and x1 y1 x2 y2"),
        ("keble_1_query.txt", "oxc1_keble_000003 0 0 1 x", "must hold a picture and x1 y1 x2 y2"),
        ("keble_1_query.txt", "", "must hold a picture and x1 y1 x2 y2"),
        ("keble_1_junk.txt", "keble_000003", "query 1 names a picture of the database twice"),
    ],
)
def test_ground_truth_that_does_not_fit_is_one_line(tmp_path, file, text, message):
    write(tmp_path, truth={**TRUTH, file: text})
    with pytest.raises(DataError, match=message) as caught:
        read_oxford5k(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["query", "good", "ok", "junk"])
def test_a_query_needs_four_files(tmp_path, kind):
    file = f"keble_1_{kind}.txt"
    write(tmp_path, truth={name: text for name, text in TRUTH.items() if name != file})
    with pytest.raises(DataError, match=f"{file}' is missing"):
        read_oxford5k(tmp_path)


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="has no pictures; unpack"):
        read_oxford5k(tmp_path)
    write(tmp_path, truth={})
    with pytest.raises(DataError, match="no ground truth such as all_souls_1_query.txt"):
        read_oxford5k(tmp_path)
    write_tree(tmp_path, {"jpg/sub/keble_000003.jpg": None})
    with pytest.raises(DataError, match="two pictures of the same name"):
        read_oxford5k(tmp_path)


def test_a_query_that_is_no_picture_is_named(tmp_path):
    write(tmp_path)
    write_tree(tmp_path, {"jpg/keble_000003.jpg": b"no picture"})
    with pytest.raises(DataError, match="keble_000003.jpg' cannot be read, and it is a query"):
        read_oxford5k(tmp_path)


def test_of_pictures_only_headers_are_read(tmp_path):
    write(tmp_path)
    image = encode(picture("q"))
    write_tree(tmp_path, {"jpg/keble_000003.jpg": image[:-20]})
    write_tree(tmp_path, {"jpg/oxford_000004.jpg": b""})
    assert len(read_oxford5k(tmp_path).database) == 5


@pytest.mark.parametrize("name", oxford_paris.REVISITED)
def test_revisited(tmp_path, name):
    write_revisited(tmp_path / name, name=name)
    for root in (tmp_path, tmp_path / name):
        again = read_revisited(root, name)
        assert again.name == name and again.notes == ()
        assert again.database.ids.tolist() == GND["imlist"]
        assert again.queries.ids.tolist() == GND["qimlist"]
        assert again.queries.labels.tolist() == [1, 0]
        assert again.queries.class_names == ("all_souls", "keble")
        assert again.queries.boxes.tolist() == [[0, 0, 1, 0.5], [0.25, 0.25, 0.75, 0.75]]
        assert again.queries.paths[0].endswith("jpg/keble_000003.jpg")
        assert lists(again.protocols["easy"]) == ([[0], []], [[2], [0, 2, 1]])
        assert lists(again.protocols["medium"]) == ([[0], [2, 1]], [[2], [0]])
        assert lists(again.protocols["hard"]) == ([[], [2, 1]], [[2, 0], [0]])


def test_paris_is_no_landmark(tmp_path):
    names = ["paris_defense_000001", "paris_eiffel_000002", "paris_louvre_000003"]
    truth = {**GND["gnd"][0], "hard": [1], "junk": []}
    gnd = {"imlist": names[1:], "qimlist": names[:1], "gnd": [truth]}
    write_revisited(tmp_path, gnd, "rparis6k", names)
    assert read_revisited(tmp_path, "rparis6k").queries.class_names == ("defense",)


def test_pictures_that_are_missing_are_counted(tmp_path):
    write_revisited(tmp_path, pictures=OXFORD[:3])
    message = "2 of 5 pictures are missing, the first is .*jpg/oxford_000004.jpg'"
    with pytest.raises(DataError, match=message):
        read_revisited(tmp_path, "roxford5k")


@pytest.mark.parametrize(
    ("gnd", "message"),
    [
        ([], "has no list 'imlist'"),
        ({"imlist": []}, "has no list 'qimlist'"),
        ({**GND, "gnd": GND["gnd"][:1]}, "one entry of 'gnd' for each of 'qimlist'"),
        ({**GND, "imlist": ["x", "x"]}, "lists a picture twice"),
        ({**GND, "gnd": [{"easy": []}, {}]}, "without a box 'bbx' of 4 numbers"),
        ({**GND, "gnd": [GND["gnd"][0], {**GND["gnd"][0], "hard": "x"}]}, "whole numbers 'hard'"),
        ({**GND, "gnd": [GND["gnd"][0], {**GND["gnd"][0], "hard": [9]}]}, "not in the database"),
        ({**GND, "gnd": [GND["gnd"][0], {**GND["gnd"][0], "hard": [2]}]}, "1 names .* twice"),
    ],
)
def test_a_revisited_file_that_does_not_fit_is_one_line(tmp_path, gnd, message):
    write_revisited(tmp_path, gnd)
    with pytest.raises(DataError, match=message) as caught:
        read_revisited(tmp_path, "roxford5k")
    assert "\n" not in str(caught.value)


def test_no_file_and_no_such_set(tmp_path):
    with pytest.raises(DataError, match="gnd_roxford5k.pkl' is missing"):
        read_revisited(tmp_path, "roxford5k")
    with pytest.raises(DataError, match="'oxford5k' is not a revisited set"):
        read_revisited(tmp_path, "oxford5k")
