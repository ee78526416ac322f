"""Milvus in a file equals NumPy's index, ties included; to a cluster goes what it is told."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.search.test_hamming_index import random_codes
from tfretrieval.files import InUse
from tfretrieval.search import HammingIndex, MilvusIndex
from tfretrieval.search._milvus_collection import Collection

pymilvus = pytest.importorskip("pymilvus")
server_manager_instance = pytest.importorskip("milvus_lite.server_manager").server_manager_instance

ROOT = Path(__file__).parents[2]
INDEX, COLLECTION = "tfretrieval.search.milvus_index", "tfretrieval.search._milvus_collection"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "codes.db"


def limited_to(most, monkeypatch):
    """Milvus that gives so many answers."""
    monkeypatch.setattr(f"{INDEX}.MOST", most)
    monkeypatch.setattr(f"{COLLECTION}.MOST", most)


def assert_same_answers(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype.kind == other.dtype.kind and one.shape == other.shape


def assert_equal(index, plain, queries, ks, radii):
    for k in ks:
        found = index.search(queries, k)
        assert_same_answers(found, plain.search(queries, k))
        assert found[0].dtype == np.int32
    for radius in radii:
        found, expected = index.range_search(queries, radius), plain.range_search(queries, radius)
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_same_answers(one, other)
            assert one[0].dtype == np.int32


@pytest.mark.parametrize("bits", [1, 12, 64])
def test_answers_are_those_of_numpy_ties_in_order(file, bits):
    codes, queries = random_codes(300, bits), random_codes(6, bits, seed=1)
    plain = HammingIndex(bits)
    with MilvusIndex(bits, file) as index:
        for each in (plain, index):
            each.add(codes[:200])
            each.add(codes[200:])
        assert len(index) == 300 and index.bits == bits
        assert_equal(index, plain, queries, [1, 7, 299, 300], [0, bits // 3, bits, 1 << 40])
        assert_equal(index, plain, queries[:0], [3], [1])
        assert_same_answers([index.ids, index.codes], [plain.ids, plain.codes])


def test_whichever_codes_of_the_last_distance_it_gives_the_first_are_taken(file, monkeypatch):
    """The engine of a file happens to give those; what searches the parts of a cluster does not."""
    given = Collection.nearest

    def latest(self, queries, limit, where="", **bounds):
        found = given(self, queries, 16_384, where, **bounds)
        by_age = [sorted(hits, key=lambda hit: (hit[0], -hit[1])) for hits in found]
        return [sorted(hits[:limit]) for hits in by_age]

    monkeypatch.setattr(Collection, "nearest", latest)
    codes, plain = random_codes(400, 8), HammingIndex(8)
    with MilvusIndex(8, file) as index:
        for each in (plain, index):
            each.add(codes)
        assert_equal(index, plain, codes[:20], [1, 2, 10, 399, 400], [1])
        limited_to(30, monkeypatch)
        assert_equal(index, plain, codes[:20], [10, 30], [1])


@pytest.mark.parametrize("ids", ["numbers", "names"])
def test_more_at_a_distance_than_milvus_gives_is_asked_for_by_halves(file, ids, monkeypatch):
    limited_to(8, monkeypatch)
    codes, queries = random_codes(150, 4), random_codes(4, 4, seed=1)
    given = (
        np.arange(150)[::-1] * 7 if ids == "numbers" else [f"ü/{i % 50} b.jpg" for i in range(150)]
    )
    plain = HammingIndex(4)
    with MilvusIndex(4, file) as index:
        for each in (plain, index):
            each.add(codes, given)
        assert_equal(index, plain, queries, [1, 7, 8], [0, 2])
        assert_same_answers([index.ids, index.codes], [plain.ids, plain.codes])
        wanted = plain.ids[[3, 77, 4, 20]]
        assert index.remove(wanted) == plain.remove(wanted) > 3
        assert_equal(index, plain, queries, [5], [1])
        assert_same_answers([index.ids], [plain.ids])
        with pytest.raises(ValueError, match="gives at most 8 answers"):
            index.search(queries, 9)


def test_codes_travel_in_messages_that_milvus_takes(file, monkeypatch):
    monkeypatch.setattr(f"{COLLECTION}.MESSAGE", 1000)
    sent, names = [], [f"{i:040}" for i in range(99)]
    insert = pymilvus.MilvusClient.insert

    def counting(self, collection, rows):
        sent.append(len(rows))
        return insert(self, collection, rows)

    monkeypatch.setattr(pymilvus.MilvusClient, "insert", counting)
    with MilvusIndex(64, file) as index:
        index.add(random_codes(99, 64), names)
        assert sum(sent) == 99 and len(sent) > 5 and max(sent) * (40 + 8 + 16) <= 1000 + 64
        assert index.ids.tolist() == names
        assert index.remove(names[::2]) == 50
        assert index.ids.tolist() == names[1::2]


def test_what_is_removed_is_not_found_and_the_others_keep_their_order(file):
    names = ["a", 'b"', "c\\", "a", "b'", "日本/{x}.jpg", ""]
    codes, plain = random_codes(7, 16), HammingIndex(16)
    with MilvusIndex(16, file) as index:
        for each in (plain, index):
            each.add(codes, names)
            assert each.remove(["a", 'b"', "日本/{x}.jpg"]) == 4
            for absent in (["c\\", "x"], [3], ["a"], ["\n"]):
                with pytest.raises(ValueError, match="does not hold the id"):
                    each.remove(absent)
            assert each.remove(np.array([], str)) == 0
            each.add(codes[:2], ["new", "a"])
        assert index.ids.tolist() == ["c\\", "b'", "", "new", "a"]
        assert_equal(index, plain, codes, [1, 5], [16])


def test_a_file_is_opened_again_with_its_order(file):
    codes, queries = random_codes(60, 12), random_codes(5, 12, seed=1)
    plain = HammingIndex(12)
    with MilvusIndex(12, file) as index:
        for each in (plain, index):
            each.add(codes, np.arange(60) - 2**40)
            each.remove(np.arange(5, 40) - 2**40)
    with MilvusIndex(12, file) as index:
        assert_equal(index, plain, queries, [9, 25], [4])
        for each in (plain, index):
            each.add(codes[:30])
        assert_equal(index, plain, queries, [9, 55], [4])
        assert_same_answers([index.ids], [plain.ids])
        with pytest.raises(ValueError, match="ids are <U1, but those in the index integers"):
            index.add(codes[:1], ["a"])
    with pytest.raises(ValueError, match=r"codes\.db: .* holds codes of 12 bits, not of 16"):
        MilvusIndex(16, file)


def test_collections_and_clients_of_others_are_left_alone(file):
    client = pymilvus.MilvusClient(str(file), alias="other")
    client.create_collection("birds", 4)
    with pytest.raises(ValueError, match="'birds' is not of a MilvusIndex"):
        MilvusIndex(8, file, "birds")
    with MilvusIndex(8, file, "owls") as owls:
        owls.add(random_codes(3, 8))
    assert sorted(client.list_collections()) == ["birds", "owls"]
    client.close()
    server_manager_instance.release_server(str(file))


def test_the_engine_of_a_file_ends_with_its_last_index(file):
    lock = file.with_name(".codes.db.lock")
    with MilvusIndex(8, file, "owls") as owls:
        with MilvusIndex(64, file, "gulls") as gulls:
            gulls.add(random_codes(4, 64))
        owls.add(random_codes(3, 8))
        assert len(owls) == 3 and lock.exists()
    assert not lock.exists()
    gulls = MilvusIndex(64, file, "gulls")
    assert len(gulls) == 4 and lock.exists()
    del gulls
    assert not lock.exists()


def test_what_one_index_adds_or_removes_another_one_sees(file):
    with MilvusIndex(8, file) as one, MilvusIndex(8, file) as other:
        one.add(random_codes(3, 8), ["a", "b", "c"])
        assert len(other) == 3
        other.add(random_codes(2, 8), ["d", "e"])
        one.remove(["a"])
        one.add(random_codes(1, 8), ["f"])
        assert one.ids.tolist() == other.ids.tolist() == list("bcdef")


def test_a_process_killed_before_there_was_an_index_of_milvus_is_made_up_for(file, monkeypatch):
    def killed(*arguments):
        raise KeyboardInterrupt

    with MilvusIndex(8, file) as index, monkeypatch.context() as patch:
        patch.setattr(pymilvus.MilvusClient, "create_index", killed)
        with pytest.raises(KeyboardInterrupt):
            index.add(random_codes(3, 8))
    with MilvusIndex(8, file) as index:
        assert len(index) == 0
        index.add(random_codes(3, 8))
        assert index.search(random_codes(1, 8), 1)[1].tolist() == [[0]]


def test_a_file_of_something_else_is_refused_and_stays_as_it_is(tmp_path):
    with MilvusIndex(8, tmp_path / "whole.db") as index:
        index.add(random_codes(3000, 8))
    whole = (tmp_path / "whole.db").read_bytes()
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE birds (name)")
    files = {
        "other.db": (tmp_path / "other.db").read_bytes(),
        "text.db": b"hello",
        "cut.db": whole[: len(whole) // 2],
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ValueError, match=f"{name} is (damaged|no file of Milvus)") as error:
            MilvusIndex(8, tmp_path / name)
        assert "\n" not in str(error.value)
        assert (tmp_path / name).read_bytes() == data
    for name in ("codes.milvus", "a b.db", "x" * 40 + ".db"):
        with pytest.raises(ValueError, match=r"must end in \.db and have at most 36"):
            MilvusIndex(8, tmp_path / name)
    with pytest.raises(ValueError, match="is no folder"):
        MilvusIndex(8, tmp_path / "absent" / "codes.db")


def test_a_killed_process_leaves_what_it_has_added(file, monkeypatch):
    """And while it lives nobody else opens its file, however often they try."""
    monkeypatch.setattr("tfretrieval.search._milvus_connection.PATIENCE", 0.1)
    script = (
        "import numpy as np\nfrom tfretrieval.search import MilvusIndex\n"
        f"index = MilvusIndex(64, {str(file)!r})\n"
        "while True:\n"
        "    index.add(np.full((500, 8), len(index) // 500, np.uint8))\n"
        "    print(len(index), flush=True)\n"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout.readline() == "500\n"
            for _ in range(2):
                with pytest.raises(InUse, match="open in another process"):
                    MilvusIndex(64, file)
            while int(process.stdout.readline()) < 2000:
                pass
        finally:
            process.kill()
    monkeypatch.undo()
    with MilvusIndex(64, file) as index:
        count = len(index)
        assert count >= 2000 and count % 500 == 0
        np.testing.assert_array_equal(index.ids, np.arange(count))
        np.testing.assert_array_equal(index.codes[:, 0], np.arange(count) // 500)
        index.add(random_codes(1, 64))
        assert len(index) == count + 1


def test_an_empty_index_finds_nothing_within_a_radius(file):
    with MilvusIndex(12, file) as index:
        index.add(np.empty((0, 2), np.uint8))
        [(distances, ids)] = index.range_search(random_codes(1, 12), 12)
        assert len(index) == len(distances) == len(ids) == len(index.ids) == 0
        assert index.codes.shape == (0, 2)
        with pytest.raises(ValueError, match="k must lie between 1 and the 0 codes"):
            index.search(random_codes(1, 12), 1)


def test_bad_input_is_refused_in_one_line(file):
    for arguments, message in [
        ({"bits": 0}, "bits must be at least 1"),
        ({"collection": "my codes"}, "named by letters, digits and _"),
        ({"index_type": "HNSW"}, "index_type must be one of BIN_FLAT, BIN_IVF_FLAT"),
        ({"index_type": "BIN_IVF_FLAT"}, "wants a cluster"),
    ]:
        with pytest.raises(ValueError, match=message):
            MilvusIndex(**{"bits": 12, "uri": file, **arguments})
    assert not file.exists()
    with MilvusIndex(12, file) as index:
        for codes, ids, message in [
            (random_codes(2, 24), None, "12 bits take 2 bytes, but codes have 3"),
            (np.array([[0, 1]], np.uint8), None, "padding behind bit 12"),
            (random_codes(2, 12), [1], "2 codes need 2 ids"),
            (random_codes(1, 12), ["a" * 65_536], "at most 65535 bytes"),
            (random_codes(1, 12), ["a\nb"], "without control characters"),
            (random_codes(1, 12), ["\udc80"], "must be UTF-8"),
        ]:
            with pytest.raises(ValueError, match=message):
                index.add(codes, ids)
        assert len(index) == 0
        index.add(random_codes(2, 12))
        with pytest.raises(ValueError, match="the 2 codes held, got 3"):
            index.search(random_codes(1, 12), 3)
        with pytest.raises(ValueError, match="radius must not be negative"):
            index.range_search(random_codes(1, 12), -1)
        with pytest.raises(ValueError, match="12 bits take 2 bytes, but queries have 8"):
            index.search(random_codes(1, 64), 1)


@pytest.mark.parametrize("name", ["pymilvus", "milvus_lite", "pkg_resources"])
def test_a_missing_package_is_named_with_what_brings_it(file, name, monkeypatch):
    monkeypatch.delitem(sys.modules, "milvus_lite", raising=False)
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=rf"^{name} is missing: .*tfretrieval\[milvus\]'$"):
        MilvusIndex(8, file)
    assert not file.exists()


@pytest.fixture
def cluster(file, monkeypatch):
    """A client that writes down what a cluster would be told, and asks a file."""

    class Client(pymilvus.MilvusClient):
        told, params, kind = [], [], None

        def __init__(self, uri, token, alias):
            self.told.append((uri, token))
            super().__init__(str(file), alias=alias)

        def create_index(self, collection, indexes):
            [asked] = [index.to_dict() for index in indexes]
            Client.kind = asked["index_type"]
            self.told.append(asked)
            flat = self.prepare_index_params()
            flat.add_index("code", index_name="code", index_type="BIN_FLAT", metric_type="HAMMING")
            super().create_index(collection, flat)

        def describe_index(self, collection, name):
            return {**super().describe_index(collection, name), "index_type": self.kind}

        def search(self, collection, **asked):
            self.params.append(asked["search_params"]["params"])
            assert asked["consistency_level"] == "Strong"
            return super().search(collection, **asked)

    monkeypatch.setattr(pymilvus, "MilvusClient", Client)
    yield Client
    server_manager_instance.release_server(str(file))


def test_a_cluster_is_told_its_address_token_index_and_parameters(cluster):
    codes, plain = random_codes(40, 64), HammingIndex(64)
    plain.add(codes)
    options = {"index_type": "BIN_IVF_FLAT", "search_params": {"nprobe": 9}}
    uri = "http://milvus:19530"
    with MilvusIndex(64, uri, token="me:word", index_params={"nlist": 99}, **options) as index:
        index.add(codes)
        assert_same_answers(index.search(codes[:3], 4)[:1], plain.search(codes[:3], 4)[:1])
        with pytest.raises(ValueError, match="range_search wants BIN_FLAT"):
            index.range_search(codes[:1], 3)
    assert cluster.told[0] == (uri, "me:word")
    assert cluster.told[1]["index_type"] == "BIN_IVF_FLAT"
    assert cluster.told[1]["metric_type"] == "HAMMING"
    assert "99" in str(cluster.told[1])
    assert cluster.params == [{"nprobe": 9}]
    with pytest.raises(ValueError, match="has index_type 'BIN_IVF_FLAT', not 'BIN_FLAT'"):
        MilvusIndex(64, uri)
    with MilvusIndex(64, uri, **options) as index:
        assert len(index) == 40


def test_where_lists_miss_some_the_answer_ends_in_minus_one(cluster, monkeypatch):
    with MilvusIndex(8, "http://milvus:19530", index_type="BIN_IVF_FLAT") as index:
        index.add(np.array([[1], [0], [3]], np.uint8), ["a", "b", "c"])
        nearest = index._held.nearest
        monkeypatch.setattr(index._held, "nearest", lambda *a: [hits[:2] for hits in nearest(*a)])
        distances, ids = index.search(np.array([[0]], np.uint8), 3)
    assert distances.tolist() == [[0, 1, -1]] and ids.tolist() == [["b", "a", ""]]


def test_a_cluster_that_cannot_be_reached_is_named_and_so_is_a_file(file, monkeypatch):
    def fails(uri, **options):
        if "://" not in uri:
            server_manager_instance.start_and_get_uri(uri)
        raise pymilvus.MilvusException(message="no answer")

    monkeypatch.setattr(pymilvus, "MilvusClient", fails)
    with pytest.raises(ValueError, match=r"cannot open .*codes\.db \(no answer\)"):
        MilvusIndex(8, file)
    assert not file.with_name(".codes.db.lock").exists()
    with pytest.raises(ConnectionError, match="http://milvus:19530 cannot be reached: no answer"):
        MilvusIndex(8, "http://milvus:19530")
