"""Settings of sketch retrieval: ranges, margins, titles and networks by name."""

import pytest

from recipes.common.cli import ConfigError
from recipes.common.networks import NETWORKS
from recipes.sketch.settings import GATED, GATES, LOSSES, SketchSettings, row_name


@pytest.mark.parametrize(
    "change",
    [
        {"margin": 0.5},
        {"annealing": 0.0},
        {"cosine_margin": -1.0},
        {"cosine_scale": 0.0},
        {"embedding": 0},
        {"per_domain": 0},
        {"code_steps": 0},
        {"bit_lengths": (0,)},
        {"gates": ("se", "se")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_settings_outside_their_range_are_one_line(change):
    with pytest.raises(ConfigError, match="--"):
        SketchSettings(**change)


def test_two_names_of_one_margin_are_refused():
    with pytest.raises(ConfigError, match="--losses names MEMS, margin 2 twice"):
        SketchSettings(losses=("mems-2", "mems"), margin=2.0)


def test_the_margin_of_a_row_is_that_of_its_name():
    config = SketchSettings(margin=4.0)
    assert [config.margin_of(x) for x in ("mems", "mems-2", "softmax")] == [4.0, 2.0, None]
    assert [config.title(x) for x in ("mems", "mems-2", "cosface")] == [
        "MEMS, margin 4", "MEMS, margin 2", "CosFace",
    ]  # fmt: skip
    assert len(set(map(config.title, LOSSES))) == len(LOSSES)


@pytest.mark.parametrize("trained", GATED)
def test_every_kind_of_gates_is_a_network(trained):
    names = [SketchSettings(trained_network=trained).network(gates) for gates in GATES]
    assert len(set(names)) == 3 and set(names) <= set(NETWORKS)
    assert [NETWORKS[name].reads_domain for name in names] == [False, False, True]


def test_rows_of_all_losses_and_gates_have_files_of_their_own():
    assert len({row_name(loss, gates) for loss in LOSSES for gates in GATES}) == 21
