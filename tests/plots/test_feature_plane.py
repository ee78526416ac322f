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
