import numpy as np
import pytest

from tfretrieval.evaluation import bit_usage
from tfretrieval.plots import bit_shares


def codes(bits=6):
    generator = np.random.default_rng(0)
    return generator.standard_normal((50, bits)) + np.linspace(1, -1, bits)


def test_a_column_a_row_of_codes_with_bits_by_their_share(tmp_path):
    before, after = bit_usage(codes()), bit_usage(codes(4))
    figure = bit_shares({"before": before, "after": after}, "birds")
    top, bottom = np.array(figure.axes[:4]).reshape(2, 2)
    assert [axis.get_title().split("\n")[0] for axis in top] == ["before", "after"]
    assert f"entropy {before.mean_entropy:.2f}" in top[0].get_title()
    heights = [bar.get_height() for bar in top[0].patches]
    np.testing.assert_allclose(heights, 100 * np.sort(before.shares))
    order = np.argsort(before.shares, kind="stable")
    shown = bottom[0].images[0]
    np.testing.assert_allclose(shown.get_array(), np.abs(before.correlations[np.ix_(order, order)]))
    assert shown.get_clim() == (0, 1)
    assert figure.get_suptitle() == "birds"
    figure.savefig(tmp_path / "usage.png")
    assert (tmp_path / "usage.png").read_bytes()[1:4] == b"PNG"


def test_bits_that_never_change_are_left_grey():
    always = codes()
    always[:, 2] = 1
    drawn = bit_shares({"codes": bit_usage(always)}).axes[1].images[0].get_array()
    # It has the largest share of ones, so it stands last.
    assert np.ma.getmaskarray(drawn)[-1].all() and not np.ma.getmaskarray(drawn)[:-1, :-1].any()


def test_no_codes_are_refused():
    with pytest.raises(ValueError, match="one row at least"):
        bit_shares({})
