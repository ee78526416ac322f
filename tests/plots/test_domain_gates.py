import numpy as np
import pytest

from tfretrieval.plots import domain_gates


def test_a_panel_a_layer_and_the_channels_that_switch_are_counted():
    layers = {
        f"stage{i}_block1_dase": np.stack([np.full(8, 0.5), np.linspace(0.5, 0.5 + 0.11 * i, 8)])
        for i in range(4)
    }
    figure = domain_gates(layers, "birds")
    shown = [axis for axis in figure.axes if axis.get_visible()]
    titles = [axis.get_title() for axis in shown]
    # Differences of 0 to 0.11 i in seven steps: those of 0.1 and more.
    assert [title.split("\n")[1].split()[0] for title in titles] == ["0", "1", "4", "5"]
    assert titles[0].startswith("stage0_block1_dase")
    for axis in shown:
        diagonal, *dots = axis.get_lines()
        assert sum(len(line.get_xdata()) for line in dots) == 8


def test_no_layers_and_other_shapes_are_refused():
    with pytest.raises(ValueError, match="no domain-aware layers"):
        domain_gates({})
    with pytest.raises(ValueError, match=r"\[2, C\], got shape \(3, 8\)"):
        domain_gates({"stage1": np.zeros((3, 8))})
