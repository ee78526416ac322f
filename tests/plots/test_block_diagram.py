import itertools

import numpy as np
import pytest
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from tfretrieval.plots import block_diagram
from tfretrieval.plots.block_diagram import HEIGHT, WIDTH, _columns, _rows

BLOCK = {
    "in": ("input, 8", ()),
    "a": ("1x1 conv, 3, ReLU", ("in",)),
    "b": ("1x1 conv, 4, ReLU", ("in",)),
    "c": ("3x3 conv, 4, ReLU", ("b",)),
    "both": ("concatenate, 7", ("a", "c")),
    "half": ("x 0.5", ("both",)),
    "max": ("max, 7", ("half",)),
    "add": ("add", ("in", "max")),
}


def drawn(axis, kind):
    return [patch for patch in axis.patches if isinstance(patch, kind)]


def test_every_step_is_a_box_with_its_label_below_its_inputs():
    axis = block_diagram(BLOCK, "a block").axes[0]
    assert len(drawn(axis, FancyBboxPatch)) == len(BLOCK)
    labels = {text.get_text(): text.get_position()[1] for text in axis.texts}
    assert set(labels) == {
        *("input, 8", "1×1 conv, 3, ReLU", "1×1 conv, 4, ReLU", "3×3 conv, 4, ReLU"),
        *("concatenate, 7", "× 0.5", "max, 7", "add"),
    }
    assert labels["input, 8"] > labels["1×1 conv, 4, ReLU"] > labels["add"]
    assert axis.get_title() == "a block"


def test_boxes_do_not_overlap():
    axis = block_diagram(BLOCK).axes[0]
    centres = [text.get_position() for text in axis.texts]
    for (x, y), (u, v) in itertools.combinations(centres, 2):
        assert abs(x - u) >= WIDTH or abs(y - v) >= HEIGHT


def test_no_arrow_runs_through_a_box():
    rows = _rows(BLOCK)
    columns, ways = _columns(BLOCK, rows)
    boxes = {(columns[name], rows[name]) for name in BLOCK}
    assert len(ways) == 9
    for way in ways:
        assert not set(way[1:-1]) & boxes


def test_arrows_run_from_the_lower_edge_of_a_box_to_the_upper_edge_of_another():
    axis = block_diagram(BLOCK).axes[0]
    centres = np.array([text.get_position() for text in axis.texts])
    names = list(BLOCK)
    joined = set()
    for arrow in drawn(axis, FancyArrowPatch):
        # In data coordinates: the path as it was given.
        (x, y), (u, v) = arrow._path_original.vertices[[0, -1]]
        source = np.abs(centres - (x, y + HEIGHT / 2)).sum(axis=1).argmin()
        target = np.abs(centres - (u, v - HEIGHT / 2)).sum(axis=1).argmin()
        np.testing.assert_allclose(centres[source], (x, y + HEIGHT / 2), atol=1e-9)
        np.testing.assert_allclose(centres[target], (u, v - HEIGHT / 2), atol=1e-9)
        joined.add((names[source], names[target]))
    assert joined == {(before, name) for name, (_, inputs) in BLOCK.items() for before in inputs}


def test_colours_tell_weights_joins_and_the_rest():
    axis = block_diagram(BLOCK).axes[0]
    boxes = [patch.get_facecolor() for patch in drawn(axis, FancyBboxPatch)]
    colour = dict(zip(BLOCK, boxes, strict=True))
    assert colour["a"] == colour["c"] and colour["both"] == colour["add"]
    assert colour["half"] == colour["max"]
    assert len(set(boxes)) == 4


@pytest.mark.parametrize(
    ("steps", "message"),
    [({}, "at least one step"), ({"a": ("add", ("b",)), "b": ("input", ())}, "'a' comes before")],
)
def test_refuses_what_is_no_diagram(steps, message):
    with pytest.raises(ValueError, match=message):
        block_diagram(steps)
