"""Boxes in pixels: many to one, wrong corners, and the frame that they refer to."""

import os

import numpy as np

from data_pipelines.sources.boxes import around, picture_size, put_right
from tests.data_pipelines.pictures import encode, picture


def test_boxes_that_are_right_give_no_note():
    boxes, notes = put_right(np.array([[0.25, 0.25, 0.5, 0.75]]))
    assert boxes.tolist() == [[0.25, 0.25, 0.5, 0.75]] and notes == ()


def test_a_picture_without_boxes_is_all_box():
    boxes, notes = put_right(np.array([around(np.empty((0, 4)))]))
    assert boxes.tolist() == [[0, 0, 1, 1]] and len(notes) == 1


def test_around_takes_swapped_corners():
    assert around(np.array([[5, 5, 6, 6], [3, 9, 1, 7]])).tolist() == [1, 5, 6, 9]


def test_a_pipe_has_no_header_and_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "a.jpg")
    assert picture_size(tmp_path / "a.jpg") == (1, 1)


def test_the_header_says_height_and_width(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(encode(picture(height=12, width=16)))
    assert picture_size(path) == (12, 16)
    path.write_bytes(b"no picture")
    assert picture_size(path) == (1, 1)
