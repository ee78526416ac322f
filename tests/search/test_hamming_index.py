"""HammingIndex against a loop over all codes."""

import os

import numpy as np
import pytest

from tfretrieval.codes import pack, unpack
from tfretrieval.search import HammingIndex


def random_codes(n, bits, seed=0):
    return pack(np.random.default_rng(seed).standard_normal((n, bits)))


def brute_force(codes, queries, bits, k):
    """Sorts (distance, position) pairs, so ties keep their order."""
    signs, results = unpack(codes, bits), []
    for query in unpack(queries, bits):
        pairs = sorted((int((query != sign).sum()), i) for i, sign in enumerate(signs))
        results.append(pairs[:k])
    found = np.array(results)
    return found[..., 0], found[..., 1]


@pytest.mark.parametrize("bits", [1, 8, 12, 64, 100, 256])
@pytest.mark.parametrize("k", [1, 7, 90])
def test_search_equals_brute_force_ties_in_order(bits, k):
    codes, queries = random_codes(90, bits), random_codes(5, bits, seed=1)
    index = HammingIndex(bits)
    index.add(codes)
    distances, ids = index.search(queries, k)
    expected_distances, expected_ids = brute_force(codes, queries, bits, k)
    np.testing.assert_array_equal(distances, expected_distances)
    np.testing.assert_array_equal(ids, expected_ids)
    assert distances.dtype == np.int32


def test_the_nearest_may_lie_behind_the_sample(monkeypatch):
    monkeypatch.setattr("tfretrieval.search.hamming_index._SAMPLE", 4)
    monkeypatch.setattr("tfretrieval.search.hamming_index._BLOCK", 100)
    codes, queries = random_codes(60, 16), random_codes(3, 16, seed=1)
    codes[-1] = queries[0]
    index = HammingIndex(16)
    index.add(codes)
    distances, ids = index.search(queries, 5)
    assert (distances[0, 0], ids[0, 0]) == (0, 59)
    np.testing.assert_array_equal(ids, brute_force(codes, queries, 16, 5)[1])


def test_adding_in_parts_equals_adding_at_once():
    codes, ids = random_codes(20, 12), np.array([f"bird {i}" for i in range(20)])
    parts, whole = HammingIndex(12), HammingIndex(12)
    parts.add(codes[:3], ids[:3])
    parts.add(codes[3:], ids[3:])
    whole.add(codes, ids)
    assert len(parts) == 20
    np.testing.assert_array_equal(parts.search(codes, 4)[1], whole.search(codes, 4)[1])


def test_the_index_keeps_its_own_copy():
    codes = random_codes(4, 8)
    index = HammingIndex(8)
    index.add(codes)
    expected = codes.copy()
    codes[:] = 0
    np.testing.assert_array_equal(index.codes, expected)


@pytest.mark.parametrize("ids", [None, [7, 5, 3], ["a/b c.jpg", "ü.png", ""]])
def test_save_and_load_give_the_same_index(tmp_path, ids):
    index = HammingIndex(12)
    index.add(random_codes(3, 12), ids)
    index.save(tmp_path / "index.npz")
    loaded = HammingIndex.load(tmp_path / "index.npz")
    assert loaded.bits == 12
    assert loaded.ids.tolist() == index.ids.tolist()
    np.testing.assert_array_equal(loaded.codes, index.codes)
    assert [path.name for path in tmp_path.iterdir()] == ["index.npz"]


def test_an_empty_index_is_saved_too(tmp_path):
    HammingIndex(12).save(tmp_path / "index.npz")
    assert len(HammingIndex.load(tmp_path / "index.npz")) == 0


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "index.npz"
    index = HammingIndex(8)
    index.add(random_codes(3, 8))
    index.save(path)

    def fail(file, **arrays):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(OSError, match="disk full"):
        index.save(path)
    monkeypatch.undo()
    assert len(HammingIndex.load(path)) == 3
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_of_something_else_is_refused(tmp_path):
    np.savez(tmp_path / "other.npz", codes=np.zeros(3))
    (tmp_path / "text.npz").write_text("no zip")
    np.savez(tmp_path / "objects.npz", bits=8, codes=np.zeros((1, 1), np.uint8), ids=[None])
    np.savez(tmp_path / "bits.npz", bits=0, codes=np.zeros((1, 1), np.uint8), ids=[0])
    np.savez(tmp_path / "width.npz", bits=24, codes=np.zeros((1, 1), np.uint8), ids=[0])
    np.save(tmp_path / "array.npz", np.zeros(3))
    os.rename(tmp_path / "array.npz.npy", tmp_path / "array.npz")
    (tmp_path / "empty.npz").write_bytes(b"")
    index = HammingIndex(8)
    index.add(random_codes(50, 8))
    index.save(tmp_path / "whole.npz")
    whole = (tmp_path / "whole.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: len(whole) // 2])
    names = {path.name for path in tmp_path.iterdir()} - {"whole.npz"}
    assert len(names) == 8
    for name in names:
        with pytest.raises(ValueError, match=f"{name} is not a saved HammingIndex") as error:
            HammingIndex.load(tmp_path / name)
        assert "\n" not in str(error.value)


def test_bad_input_is_refused_in_one_line():
    with pytest.raises(ValueError, match="bits must be at least 1"):
        HammingIndex(0)
    index = HammingIndex(12)
    with pytest.raises(ValueError, match="k must lie between 1 and the 0 codes"):
        index.search(random_codes(1, 12), 1)
    with pytest.raises(ValueError, match="12 bits take 2 bytes, but codes have 3"):
        index.add(random_codes(2, 24))
    with pytest.raises(ValueError, match="padding behind bit 12"):
        index.add(np.array([[0, 1]], np.uint8))
    with pytest.raises(ValueError, match="packed codes must be uint8"):
        index.add(np.ones((2, 12)))
    with pytest.raises(ValueError, match="2 codes need 2 ids"):
        index.add(random_codes(2, 12), [1])
    with pytest.raises(ValueError, match="integers or strings"):
        index.add(random_codes(2, 12), [0.5, 1.5])
    index.add(random_codes(2, 12))
    with pytest.raises(ValueError, match="but those in the index int64"):
        index.add(random_codes(2, 12), ["a", "b"])
    with pytest.raises(ValueError, match="the 2 codes held, got 3"):
        index.search(random_codes(1, 12), 3)


def test_ids_beyond_int64_are_refused_and_the_largest_come_back():
    index = HammingIndex(12)
    with pytest.raises(ValueError, match="beyond int64"):
        index.add(random_codes(1, 12), np.array([2**63], np.uint64))
    index.add(random_codes(2, 12), np.array([2**63 - 1, 0], np.uint64))
    assert index.ids.tolist() == [2**63 - 1, 0]


def test_codes_in_columns_are_searched_as_others():
    packed = random_codes(40, 100)
    rows, columns = HammingIndex(100), HammingIndex(100)
    rows.add(packed)
    columns.add(np.asfortranarray(packed), np.array([str(i) for i in range(40)], object))
    found = columns.search(np.asfortranarray(packed[:5]), 7)[1]
    np.testing.assert_array_equal(found.astype(int), rows.search(packed[:5], 7)[1])


@pytest.mark.parametrize("bits", [1, 12, 64])
@pytest.mark.parametrize("radius", [0, 3, 64])
def test_range_search_equals_brute_force_ties_in_order(bits, radius):
    codes, queries = random_codes(90, bits), random_codes(5, bits, seed=1)
    index = HammingIndex(bits)
    index.add(codes)
    distances, places = brute_force(codes, queries, bits, 90)
    found = index.range_search(queries, radius)
    assert len(found) == 5
    for (far, ids), expected, at in zip(found, distances, places, strict=True):
        inside = expected <= radius
        np.testing.assert_array_equal(far, expected[inside])
        np.testing.assert_array_equal(ids, at[inside])
    with pytest.raises(ValueError, match="radius must not be negative"):
        index.range_search(queries, -1)


def test_nothing_within_the_radius_is_an_empty_answer():
    [(distances, ids)] = HammingIndex(8).range_search(random_codes(1, 8), 8)
    assert len(distances) == len(ids) == 0


def test_what_is_removed_is_not_found_and_the_others_keep_their_order():
    codes = random_codes(6, 16)
    index = HammingIndex(16)
    index.add(codes, list("abcabd"))
    assert index.remove(["a", "d"]) == 3
    assert index.ids.tolist() == ["b", "c", "b"]
    np.testing.assert_array_equal(index.codes, codes[[1, 2, 4]])
    with pytest.raises(ValueError, match="does not hold the id 'x'"):
        index.remove(["b", "x"])
    assert len(index) == 3


def test_over_a_memory_map_no_code_is_copied(tmp_path):
    codes = random_codes(50, 64)
    (tmp_path / "codes").write_bytes(codes.tobytes())
    mapped = np.memmap(tmp_path / "codes", np.uint8, "r", 0, codes.shape)
    index = HammingIndex.over(mapped, 64)
    assert np.shares_memory(index.codes, mapped)
    plain = HammingIndex(64)
    plain.add(codes)
    for one, other in zip(index.search(codes[:4], 9), plain.search(codes[:4], 9), strict=True):
        np.testing.assert_array_equal(one, other)
