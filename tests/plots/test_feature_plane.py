import numpy as np
import pytest

from tfretrieval.plots import feature_plane


def panel(classes=3):
    rng = np.random.default_rng(0)
    labels = np.arange(30) % classes
    centers = rng.standard_normal((classes, 2))
    return centers[labels] + 0.1 * rng.standard_normal((30, 2)), labels, centers


def test_a_panel_a_training_and_a_dot_a_picture_and_a_center():
    figure = feature_plane({"softmax": panel(), "softmax + center": panel(12)}, "birds")
    assert [axis.get_title() for axis in figure.axes] == ["softmax", "softmax + center"]
    for axis, classes in zip(figure.axes, (3, 12), strict=True):
        lines = axis.get_lines()
        dots, centers = lines[:classes], lines[classes:]
        assert sum(len(line.get_xdata()) for line in dots) == 30 and len(centers) == classes
        # A center has the colour of its pictures, and no two classes share one.
        assert [d.get_color() for d in dots] == [c.get_color() for c in centers]
        assert len({line.get_color() for line in dots}) == classes


def test_features_of_three_dimensions_are_refused():
    features, labels, centers = panel()
    with pytest.raises(ValueError, match=r"features must be \[N, 2\], got shape \(30, 3\)"):
        feature_plane({"softmax": (np.pad(features, ((0, 0), (0, 1))), labels, centers)})


def test_one_point_far_out_does_not_set_the_scale():
    features, labels, centers = panel()
    many = np.tile(features, (10, 1))
    labels = np.tile(labels, 10)
    many[0] = 1000
    axis = feature_plane({"softmax": (many, labels, centers)}).axes[0]
    assert axis.get_xlim()[1] < 20 and axis.get_ylim()[1] < 20
    low, high = many[1:].min(axis=0), many[1:].max(axis=0)
    assert axis.get_xlim()[0] < low[0] and axis.get_ylim()[1] > high[1]
