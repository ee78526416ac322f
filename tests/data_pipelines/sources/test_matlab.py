"""MATLAB files: what is read, and one line for what cannot be."""

import numpy as np
import pytest

from data_pipelines.records import DataError
from data_pipelines.sources.matlab import read_mat
from tests.data_pipelines.published_sets import mat


def test_cells_and_numbers_are_flat_also_when_there_is_one(tmp_path):
    path = tmp_path / "a.mat"
    path.write_bytes(mat(labels=np.array([[3]], np.uint8), names=np.array([["a"], ["b"]], object)))
    assert read_mat(path, "labels").tolist() == [3]
    assert read_mat(path, "names").tolist() == ["a", "b"]


def test_what_cannot_be_read_is_named(tmp_path):
    path = tmp_path / "a.mat"
    with pytest.raises(DataError, match="a.mat' is missing"):
        read_mat(path, "labels")
    whole = mat(labels=np.arange(1000))
    for contents in (whole, whole[:200], b"<html>", b""):
        path.write_bytes(contents)
        with pytest.raises(DataError, match="a.mat' is damaged, or has no 'other'"):
            read_mat(path, "other")
