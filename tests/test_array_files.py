"""Arrays come back as they were; large ones are maps, whole and aligned."""

import tracemalloc

import numpy as np
import pytest

from tfretrieval import array_files

ARRAYS = {
    "rows": np.arange(12.0, dtype=np.float32).reshape(4, 3),
    "name of umlauts äöü": np.array(["a", "ß"]),
    "columns": np.asfortranarray(np.arange(6).reshape(2, 3)),
    "nothing": np.empty((0, 5), np.uint8),
    "number": np.float64(1.5),
    "big": np.arange(3, dtype=">u2"),
}


@pytest.fixture
def all_mapped(monkeypatch):
    # A header has 128.
    monkeypatch.setattr(array_files, "LARGE", 129)


def written(path, arrays=ARRAYS):
    array_files.write(path, arrays)
    return path


def check(found, arrays=ARRAYS):
    assert [*found] == [*arrays]
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == np.asarray(array).dtype
        assert found[name].flags.aligned and found[name].flags.writeable


def mapped(array):
    return isinstance(array.base, np.memmap)


def test_numpy_reads_what_is_written_and_we_what_numpy_writes(tmp_path):
    with np.load(written(tmp_path / "ours.npz"), allow_pickle=False) as file:
        check(dict(file))
    np.savez(tmp_path / "numpy.npz", **ARRAYS)
    np.savez_compressed(tmp_path / "packed.npz", **ARRAYS)
    for name in ("ours", "numpy", "packed"):
        check(array_files.read(tmp_path / f"{name}.npz"))


def test_large_arrays_are_aligned_maps_that_may_be_written_to(tmp_path, all_mapped):
    path = written(tmp_path / "a.npz")
    contents, found = path.read_bytes(), array_files.read(path)
    check(found)
    # Of no bytes there is no map.
    assert [name for name in found if not mapped(found[name])] == ["nothing"]
    assert all(array.ctypes.data % 64 == 0 for array in found.values() if mapped(array))
    found["rows"] *= 0
    assert path.read_bytes() == contents
    # The file may be replaced, or go.
    path.unlink()
    assert found["columns"].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_files_of_numpy_and_packed_ones_are_read_all_the_same(tmp_path, all_mapped):
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "a.npz", **ARRAYS)
        check(array_files.read(tmp_path / "a.npz"))


def test_memory_holds_a_piece_at_a_time(tmp_path):
    rows = np.memmap(tmp_path / "rows", np.float32, "w+", shape=(24, 1 << 20))
    rows[::5, 0] = 7
    tracemalloc.start()
    found = array_files.read(written(tmp_path / "a.npz", {"rows": rows}))["rows"]
    total = found.sum(dtype=np.float64)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == 35 and found.nbytes == 96 << 20 and peak < 48 << 20


def test_small_arrays_are_read_whole(tmp_path):
    assert not any(mapped(each) for each in array_files.read(written(tmp_path / "a")).values())


def test_the_same_arrays_make_the_same_bytes(tmp_path):
    assert written(tmp_path / "a").read_bytes() == written(tmp_path / "b").read_bytes()


def test_python_objects_are_neither_written_nor_read(tmp_path, all_mapped):
    with pytest.raises(ValueError, match="Object arrays"):
        written(tmp_path / "a.npz", {"x": np.array([{}])})
    np.savez(tmp_path / "a.npz", x=np.array([{}]))
    with pytest.raises(ValueError, match="Object arrays"):
        array_files.read(tmp_path / "a.npz")


def test_every_damage_is_noticed(tmp_path, all_mapped):
    path = written(tmp_path / "a.npz", {"x": np.arange(20, dtype=np.uint8)})
    contents, rng = path.read_bytes(), np.random.default_rng(0)
    for place in rng.choice(len(contents), 80, replace=False):
        damaged = bytearray(contents)
        damaged[place] ^= 0x55
        path.write_bytes(damaged)
        try:
            found = array_files.read(path)
        except ValueError:
            continue
        assert all(array.tolist() == [*range(20)] for array in found.values())
    for stop in (0, 10, len(contents) // 2, len(contents) - 1):
        path.write_bytes(contents[:stop])
        with pytest.raises(ValueError):
            array_files.read(path)
