import numpy as np

from tfretrieval.plots import distance_curves, map_curves


def test_map_is_drawn_in_percent_a_line_a_method():
    lines = {"a": ([0, 3], [0.1, 0.5]), "b": ([0, 3], [0.2, 0.3])}
    figure = map_curves({"left": lines, "right": lines}, "title")
    assert [axis.get_title() for axis in figure.axes] == ["left", "right"]
    drawn = figure.axes[0].lines
    np.testing.assert_allclose(drawn[0].get_ydata(), [10, 50])
    assert len({line.get_color() for line in drawn}) == 2


def test_the_target_stands_as_a_line_in_every_panel():
    rounds = {name: [1.0, 2.0] for name in ("epoch", "d_ap", "d_an", "gap", "margin1")}
    figure = distance_curves({"left": rounds, "right": rounds}, target=5.0)
    for axis in figure.axes:
        assert len(axis.lines) == 5 and list(axis.lines[-1].get_ydata()) == [5.0, 5.0]


def test_is_saved_as_png(tmp_path):
    map_curves({"one": {"a": ([0], [0.1])}}).savefig(tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes()[1:4] == b"PNG"
