"""Holidays: groups by number, their first pictures search."""

import pytest

from data_pipelines.records import DataError
from data_pipelines.sources import holidays
from data_pipelines.sources.holidays import read_holidays
from tests.data_pipelines.pictures import write_tree

NUMBERS = [100000, 100001, 100002, 100100, 100101]


def write(root, numbers=NUMBERS, at="jpg"):
    """Pictures as the archives hold them, and what else lies about."""
    files = {f"{at}/{number}.jpg": None for number in numbers}
    write_tree(root, {**files, f"{at}/readme.txt": b"", f"{at}/1000.jpg": None})
    return root


@pytest.mark.parametrize("at", ["jpg", "."])
def test_first_pictures_search_and_are_left_out(tmp_path, monkeypatch, at):
    monkeypatch.setattr(holidays, "COUNTS", (5, 2))
    found = read_holidays(write(tmp_path, at=at))
    assert found.notes == ()
    assert found.database.ids.tolist() == [str(number) for number in NUMBERS]
    assert found.database.labels.tolist() == [0, 0, 0, 1, 1]
    assert found.database.class_names == ("group 1000", "group 1001")
    assert found.queries.ids.tolist() == ["100000", "100100"]
    assert found.queries.labels.tolist() == [0, 1]
    truth = found.protocols["all"]
    assert [each.tolist() for each in truth.positives] == [[1, 2], [4]]
    assert [each.tolist() for each in truth.ignored] == [[0], [3]]


def test_groups_that_are_not_whole_are_searched_and_noted(tmp_path):
    found = read_holidays(write(tmp_path, [*NUMBERS, 100200, 100301, 100302]))
    assert len(found.database) == 8 and len(found.queries) == 2
    assert found.notes == (
        "2 groups lack their first picture or all others and have no query",
        "8 pictures and 2 queries, the published set has 1491 and 500",
    )


@pytest.mark.parametrize("numbers", [[100000, 100100], [100001, 100002]])
def test_no_group_that_is_whole(tmp_path, numbers):
    with pytest.raises(DataError, match="no group of a first picture"):
        read_holidays(write(tmp_path, numbers))


def test_no_pictures(tmp_path):
    with pytest.raises(DataError, match="has no pictures such as 100000.jpg"):
        read_holidays(write(tmp_path, []))
