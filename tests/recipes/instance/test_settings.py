"""Settings of instance retrieval: ranges, and losses by name."""

import pytest

from recipes.common.cli import ConfigError
from recipes.instance.settings import BEFORE, LOSSES, ROWS, InstanceSettings


@pytest.mark.parametrize(
    "change",
    [
        {"negatives": 0},
        {"queries": 0},
        {"pool": 0},
        {"long_side": 0},
        {"pretraining": 0},
        {"neighbours": 0},
        {"margin": -1.0},
        {"margin": 0.85, "delta": 0.2},
        {"margin_quantile": 1.0},
        {"training": "frozen", "weights": "none"},
        {"triplet_margin": -0.1},
        {"alpha": -1.0},
        {"ranking": -1.0},
        {"losses": ("lrml", "lrml")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_settings_outside_their_range_are_one_line(change):
    with pytest.raises(ConfigError, match="--"):
        InstanceSettings(**change)


def test_every_row_is_shown_by_a_title_of_its_own():
    assert list(ROWS) == [BEFORE, *LOSSES]
    assert len(set(ROWS.values())) == len(ROWS)
