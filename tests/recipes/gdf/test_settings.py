import pytest

from recipes.common.cli import ConfigError
from recipes.gdf.settings import ALL_ROWS, RIVALS, ROWS, TITLES, GdfSettings


@pytest.mark.parametrize(
    "change",
    [
        {"parts": 0},
        {"neighbours": 0},
        {"parts": 2, "neighbours": 3},
        {"gamma": 0.0},
        {"quantization": -1.0},
        {"balance": -1.0},
        {"margin": -1.0},
        {"more_bits": (0,)},
        {"more_bits": (48,)},
        {"more_bits": (16, 16)},
        {"rows": ("graph", "backbone")},
        {"rows": ("graph", "graph")},
        {"remine": 0},
        {"pretraining": -1},
        {"beta": 0.0},
    ],
    ids=str,
)
def test_settings_outside_their_range_are_one_line(change):
    with pytest.raises(ConfigError, match="--"):
        GdfSettings(**change)


def test_a_row_has_what_the_rows_before_it_have():
    config = GdfSettings()
    had = {row: [part for part in ALL_ROWS if config.has(row, part)] for row in ALL_ROWS}
    assert [len(parts) for parts in had.values()] == [1, 2, 3, 4, 5, 6]
    assert had["graph"] == ["backbone", "attention", "graph"]


def test_crops_and_drops_have_to_be_asked_for_and_every_row_has_a_title():
    assert GdfSettings().rows == ROWS == tuple(ALL_ROWS)[:-1]
    assert list(TITLES) == [*ALL_ROWS, *RIVALS]
    assert len(set(TITLES.values())) == len(TITLES)
