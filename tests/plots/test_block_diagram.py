import itertools

from tfretrieval.plots import block_diagram
from tfretrieval.plots.block_diagram import HEIGHT, WIDTH, _columns, _rows

BLOCK = {
    "in": ("input, 8", ()),
    "a": ("1x1 conv, 3, ReLU", ("in",)),
    "b": ("1x1 conv, 4, ReLU", ("in",)),
    "c": ("3x3 conv, 4, ReLU", ("b",)),
    "both": ("concatenate, 7", ("a", "c")),
    "add": ("add", ("in", "both")),
}


def test_every_step_is_a_box_with_its_label_below_its_inputs():
    axis = block_diagram(BLOCK, "a block").axes[0]
    assert len(axis.patches) == len(BLOCK)
    labels = {text.get_text(): text.get_position()[1] for text in axis.texts if text.get_text()}
    assert set(labels) == {label.replace("x", "×") for label, _ in BLOCK.values()}
    assert labels["input, 8"] > labels["1×1 conv, 4, ReLU"] > labels["add"]
    assert axis.get_title() == "a block"


def test_boxes_do_not_overlap():
    axis = block_diagram(BLOCK).axes[0]
    centres = [text.get_position() for text in axis.texts if text.get_text()]
    for (x, y), (u, v) in itertools.combinations(centres, 2):
        assert abs(x - u) >= WIDTH or abs(y - v) >= HEIGHT


def test_no_arrow_runs_through_a_box():
    rows = _rows(BLOCK)
    columns, ways = _columns(BLOCK, rows)
    boxes = {(columns[name], rows[name]) for name in BLOCK}
    assert len(ways) == 7
    for way in ways:
        assert not set(way[1:-1]) & boxes
