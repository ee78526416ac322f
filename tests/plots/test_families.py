import numpy as np

from tfretrieval.plots import families

LINE = ([16, 64], [0.2, 0.5])


def test_a_panel_a_family_with_all_lines_in_grey_behind():
    panels = {"a": {"one": LINE, "two": LINE}, "b": {"three": LINE}}
    figure = families(panels, "bits", "mAP", ticks=(16, 64))
    assert [axis.get_title() for axis in figure.axes] == ["a", "b"]
    assert [len(axis.lines) for axis in figure.axes] == [3 + 2, 3 + 1]
    coloured = figure.axes[0].lines[3:]
    np.testing.assert_allclose(coloured[0].get_ydata(), [20, 50])
    assert len({line.get_color() for line in coloured}) == 2


def test_more_lines_than_colours_differ_by_their_style():
    panel = {str(number): LINE for number in range(9)}
    lines = families({"a": panel}, "bits", "mAP").axes[0].lines[9:]
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 9


def test_panels_that_are_not_there_are_not_shown():
    panels = {name: {"one": LINE} for name in "abcd"}
    shown = [axis.get_visible() for axis in families(panels, "bits", "mAP").axes]
    assert shown == [True] * 4 + [False] * 2
