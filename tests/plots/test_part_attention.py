import numpy as np
import pytest

from tfretrieval.plots import part_attention


def test_a_row_a_picture_a_column_a_part(tmp_path):
    images = np.full((2, 8, 8, 3), 100.0)
    maps = {"part 3": np.zeros((2, 2, 2)), "part 7": np.zeros((2, 4, 4))}
    maps["part 3"][0], maps["part 3"][1] = 2.0, 1.0
    figure = part_attention(images, maps, "title")
    rows = np.array(figure.axes).reshape(2, 3)
    assert [axis.get_title() for axis in rows[0]] == ["picture", "part 3", "part 7"]
    assert not any(axis.get_title() for axis in rows[1])
    shown = [[axis.images[0].get_array() for axis in row] for row in rows]
    np.testing.assert_array_equal(shown[0][0], images[0].astype(np.uint8))
    # A silent part leaves the grey picture.
    np.testing.assert_array_equal(shown[0][2], 100)
    # One range for all pictures of a part: half as much is fainter.
    strong, weak = (np.abs(row[1].astype(int) - 100).sum() for row in shown)
    assert strong > weak > 0
    figure.savefig(tmp_path / "parts.png")
    assert (tmp_path / "parts.png").read_bytes()[1:4] == b"PNG"


@pytest.mark.parametrize(
    ("count", "maps", "message"),
    [
        (2, {}, "at least one"),
        (0, {"a": np.ones((0, 4, 4))}, "at least one"),
        (2, {"a": np.ones((1, 4, 4))}, r"a: 2 maps .* got \(1, 4, 4\)"),
        (1, {"a": -np.ones((1, 4, 4))}, "a: attention must be 0 or more"),
        (1, {"a": np.full((1, 4, 4), np.nan)}, "a: attention must be 0 or more"),
    ],
)
def test_refuses_what_does_not_fit(count, maps, message):
    with pytest.raises(ValueError, match=message):
        part_attention(np.zeros((count, 8, 8, 3)), maps)
