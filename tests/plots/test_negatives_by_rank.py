import numpy as np
import pytest

from tfretrieval.plots import negatives_by_rank

DISTANCES = np.random.default_rng(0).random((5, 4))


def test_a_line_and_a_positive_for_every_network():
    figure = negatives_by_rank({"a": DISTANCES, "b": DISTANCES + 1}, {"a": 0.1, "b": 0.2}, "title")
    lines = figure.axes[0].lines
    assert len(lines) == 4 and figure._suptitle.get_text() == "title"
    np.testing.assert_allclose(lines[0].get_ydata(), DISTANCES.mean(axis=0))
    assert lines[0].get_xdata().tolist() == [1, 2, 3, 4]
    assert lines[3].get_ydata() == [0.2]
    legend = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert legend == ["a", "b"]


def test_refuses_distances_of_one_query_alone():
    with pytest.raises(ValueError, match=r"\[Q, ranks\]"):
        negatives_by_rank({"a": DISTANCES[0]}, {"a": 0.1})
