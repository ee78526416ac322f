import matplotlib.colors

from tfretrieval.plots import bars

FAMILIES = {"one": "a", "two": "b", "three": "a"}


def test_a_bar_a_row_of_the_colour_of_its_family():
    figure = bars({"seconds": {"one": 2.0, "two": 30.0, "three": 4.0}}, FAMILIES, "time")
    (axis,) = figure.axes
    at = {round(bar.get_y() + bar.get_height() / 2): bar for bar in axis.patches}
    assert [at[place].get_width() for place in range(3)] == [2, 30, 4]
    colours = [matplotlib.colors.to_hex(at[place].get_facecolor()) for place in range(3)]
    assert colours[0] == colours[2] != colours[1]
    assert [label.get_text() for label in axis.get_yticklabels()] == list(FAMILIES)
    assert axis.yaxis_inverted() and axis.get_xlim()[0] == 0


def test_what_costs_nothing_or_was_not_measured_has_no_bar():
    figure = bars({"seconds": {"one": 0.0, "two": 3.0}, "ms": {"three": 1.0}}, FAMILIES)
    assert [len(axis.patches) for axis in figure.axes] == [1, 1]
    figure.canvas.draw()
