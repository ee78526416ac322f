import numpy as np
import pytest

from tfretrieval.plots import feature_maps


def test_a_row_a_picture_a_column_a_stage_with_its_size(tmp_path):
    stages = {"stage 1": np.arange(32.0).reshape(2, 4, 4), "stage 2": -np.ones((2, 2, 3))}
    figure = feature_maps(np.full((2, 8, 8, 3), 300.0), stages, "title")
    rows = np.array(figure.axes).reshape(2, 3)
    assert [axis.get_title() for axis in rows[0]] == [
        "picture", "stage 1\n4 × 4", "stage 2\n2 × 3",
    ]  # fmt: skip
    assert not any(axis.get_title() for axis in rows[1])
    assert rows[1, 0].images[0].get_array().max() == 255
    drawn = rows[1, 1].images[0]
    np.testing.assert_array_equal(drawn.get_array(), stages["stage 1"][1])
    # Every map has its own range, so that a weak stage is seen as well as a strong one.
    assert drawn.get_clim() == (16, 31) and drawn.get_cmap().name == "viridis"
    figure.savefig(tmp_path / "maps.png")
    assert (tmp_path / "maps.png").read_bytes()[1:4] == b"PNG"


@pytest.mark.parametrize(
    ("count", "maps", "message"),
    [
        (2, {}, "at least one"),
        (0, {"a": np.ones((0, 4, 4))}, "at least one"),
        (2, {"a": np.ones((1, 4, 4))}, r"a: 2 maps .* got \(1, 4, 4\)"),
        (2, {"a": np.ones((2, 4, 4, 7))}, "a: 2 maps"),
    ],
)
def test_refuses_what_does_not_fit(count, maps, message):
    with pytest.raises(ValueError, match=message):
        feature_maps(np.zeros((count, 8, 8, 3)), maps)
