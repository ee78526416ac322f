"""A file of rows grows, and is whole or refused."""

import numpy as np
import pytest

from tfretrieval.search import RowFile
from tfretrieval.search import row_file as module

ROWS = np.arange(60, dtype=np.float16).reshape(20, 3)
ABOUT = {"model": "m"}


@pytest.fixture
def path(tmp_path):
    file = RowFile.create(tmp_path / "x.rows", np.float16, 3, ABOUT)
    file.append(ROWS[:12])
    file.append(ROWS[12:])
    return tmp_path / "x.rows"


def test_rows_come_back_as_a_memory_map_in_the_order_of_appending(path):
    file = RowFile(path, ABOUT)
    assert isinstance(file.rows, np.memmap) and len(file) == 20 and file.about == ABOUT
    np.testing.assert_array_equal(file.rows, ROWS)
    first = RowFile.create(path, np.float16, 3, ABOUT, ROWS)
    np.testing.assert_array_equal(first.rows, ROWS)


def test_appending_leaves_what_was_there_where_it_was(path):
    before = path.read_bytes()
    RowFile(path).append(ROWS[:1])
    after = path.read_bytes()
    assert after[module._DATA :][: len(before) - module._DATA] == before[module._DATA :]


def test_rows_that_were_not_finished_do_not_count(path):
    """A process that is killed between its rows and the header leaves the file as it was."""
    with open(path, "ab") as stream:
        stream.write(b"\1" * 7)
    file = RowFile(path)
    np.testing.assert_array_equal(file.rows, ROWS)
    file.append(ROWS[:2])
    np.testing.assert_array_equal(RowFile(path).rows, np.concatenate([ROWS, ROWS[:2]]))


@pytest.mark.parametrize("slot", [0, 1])
def test_a_header_that_was_not_finished_leaves_the_one_before(path, slot):
    content = bytearray(path.read_bytes())
    content[slot * module._SLOT + 20] ^= 255
    path.write_bytes(content)
    # Of two appends and a creation the second append wrote slot 0.
    np.testing.assert_array_equal(RowFile(path).rows, ROWS if slot == 1 else ROWS[:12])


def test_the_first_rows_stay(path):
    file = RowFile(path)
    file.truncate(5)
    np.testing.assert_array_equal(RowFile(path).rows, ROWS[:5])
    file.truncate(9)
    file.append(ROWS[5:7])
    np.testing.assert_array_equal(RowFile(path).rows, ROWS[:7])


def change(path, start, content):
    whole = bytearray(path.read_bytes())
    whole[start : start + len(content)] = content
    path.write_bytes(whole)


@pytest.mark.parametrize(
    "spoil, told",
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "truncated"),
        (lambda path: path.write_bytes(b""), "not a file of rows"),
        (lambda path: path.write_bytes(b"PK" * 9000), "not a file of rows"),
        (lambda path: change(path, module._DATA + 4, b"\xff"), "checksum"),
        (lambda path: [change(path, at + 20, b"\0\0") for at in (0, module._SLOT)], "neither copy"),
        (lambda path: path.unlink(), "No such file"),
    ],
    ids=["short", "empty", "foreign", "flipped", "headers", "absent"],
)
def test_what_is_not_whole_is_refused_by_name(path, spoil, told):
    spoil(path)
    with pytest.raises(ValueError, match=told) as error:
        RowFile(path)
    assert str(path) in str(error.value)


def test_a_file_of_another_model_is_refused_by_name(path):
    with pytest.raises(ValueError, match="written with model 'm', not 'other'"):
        RowFile(path, {"model": "other"})


def test_rows_of_another_kind_are_refused(path):
    for rows in (ROWS[:, :2], ROWS.astype(np.float32), ROWS[0]):
        with pytest.raises(ValueError, match="rows must be float16"):
            RowFile(path).append(rows)
