import itertools
import json

import numpy as np
import pytest

from data_pipelines.mapped import in_blocks, mapped
from data_pipelines.records import DataError

FEATURES = np.random.default_rng(0).standard_normal((7, 3)).astype(np.float32)
MAPS = FEATURES.reshape(7, 1, 3).astype(np.float16)


def parts(start, stop):
    return {"features": FEATURES[start:stop], "maps": MAPS[start:stop]}


@pytest.mark.parametrize("step", [1, 3, 7, 100])
def test_parts_of_every_length_make_the_same_arrays(tmp_path, step):
    found = mapped(tmp_path / "a", 7, step, parts)
    np.testing.assert_array_equal(found["features"], FEATURES, strict=True)
    np.testing.assert_array_equal(found["maps"], MAPS, strict=True)
    assert not found["maps"].flags.writeable


def test_what_is_whole_is_not_computed_again(tmp_path):
    mapped(tmp_path / "a", 7, 3, parts)
    again = mapped(tmp_path / "a", 7, 3, None)
    np.testing.assert_array_equal(again["features"], FEATURES)


def test_a_pass_that_was_killed_goes_on_where_it_was(tmp_path):
    asked = []

    def killed(start, stop):
        asked.append(start)
        if asked == [0, 2, 4]:
            raise KeyboardInterrupt
        return parts(start, stop)

    with pytest.raises(KeyboardInterrupt):
        mapped(tmp_path / "a", 7, 2, killed)
    assert not (tmp_path / "a").exists()
    found = mapped(tmp_path / "a", 7, 2, killed)
    np.testing.assert_array_equal(found["features"], FEATURES)
    assert asked == [0, 2, 4, 4, 6]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("left", ["", "{", '{"features": {"rows": 2, "crc": 0}}'])
def test_parts_that_cannot_be_gone_on_with_are_begun_anew(tmp_path, left):
    (tmp_path / "a.parts").mkdir()
    (tmp_path / "a.parts" / "rows.json").write_text(left)
    np.testing.assert_array_equal(mapped(tmp_path / "a", 7, 2, parts)["maps"], MAPS)


def test_damage_and_other_numbers_of_rows_are_refused(tmp_path):
    mapped(tmp_path / "a", 7, 3, parts)
    with pytest.raises(DataError, match="has 7 rows, not 8"):
        mapped(tmp_path / "a", 8, 3, parts)
    file = tmp_path / "a" / "features.npy"
    good = file.read_bytes()
    for bad in (good[:-1] + bytes([good[-1] ^ 1]), good[:-8], b"x" + good[1:], b""):
        file.write_bytes(bad)
        with pytest.raises(DataError, match="damaged: delete it"):
            mapped(tmp_path / "a", 7, 3, parts)


def test_rows_of_another_number_than_were_asked_for_are_refused(tmp_path):
    with pytest.raises(ValueError, match="2 rows computed for 3"):
        mapped(tmp_path / "a", 7, 3, lambda start, stop: {"x": FEATURES[:2]})
    for rows, step in itertools.product((0, 1), (0,)):
        with pytest.raises(ValueError, match="at least 1"):
            mapped(tmp_path / "b", rows, step, parts)


def test_checksums_are_of_the_rows(tmp_path):
    mapped(tmp_path / "a", 7, 3, parts)
    told = json.loads((tmp_path / "a" / "rows.json").read_text())
    assert {name: entry["rows"] for name, entry in told.items()} == {"features": 7, "maps": 7}


def test_a_result_for_elsewhere_leaves_no_name_behind(tmp_path):
    found = in_blocks(tmp_path / "new", 7, 3, parts)
    np.testing.assert_array_equal(found["features"], FEATURES)
    assert [*(tmp_path / "new").iterdir()] == []


def test_what_a_killed_run_left_is_known_by_its_ending(tmp_path):
    def dies(start, stop):
        assert all(path.name.endswith(".partial") for path in tmp_path.iterdir())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        in_blocks(tmp_path, 7, 3, dies)
