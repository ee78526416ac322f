import numpy as np
import pytest
from matplotlib.colors import to_hex

from tfretrieval.plots import gallery
from tfretrieval.plots.gallery import RIGHT, WRONG


def test_right_answers_are_green_wrong_ones_red_queries_unframed():
    relevant = np.array([[True, False], [False, True]])
    figure = gallery(
        np.zeros((2, 4, 4, 3)),
        np.full((2, 2, 4, 4, 3), 300.0),
        relevant,
        query_names=["wren", "robin"],
        distances=np.array([[0, 3], [1, 2]]),
    )
    rows = np.array(figure.axes).reshape(2, 3)
    for row in range(2):
        assert not rows[row, 0].spines["top"].get_visible()
        colours = [to_hex(axis.spines["top"].get_edgecolor()) for axis in rows[row, 1:]]
        assert colours == [RIGHT if right else WRONG for right in relevant[row]]
    assert [rows[0, i].get_xlabel() for i in range(3)] == ["wren", "0", "3"]
    assert rows[0, 1].images[0].get_array().max() == 255


def test_an_answer_says_what_it_is_and_long_names_are_broken_in_lines():
    name = "White breasted Kingfisher of the south"
    figure = gallery(
        np.zeros((1, 4, 4, 3)),
        np.zeros((1, 1, 4, 4, 3)),
        np.array([[False]]),
        query_names=[name],
        distances=np.array([[3]]),
        answer_names=[["wren"]],
    )
    query, answer = figure.axes
    assert answer.get_xlabel() == "3\nwren"
    assert query.get_xlabel().split("\n") == ["White breasted", "Kingfisher of the", "south"]


def test_refuses_marks_that_do_not_fit():
    with pytest.raises(ValueError, match="do not fit"):
        gallery(np.zeros((1, 4, 4, 3)), np.zeros((1, 2, 4, 4, 3)), np.ones((1, 3), bool))
