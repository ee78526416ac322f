"""Every plot that draws a name draws whatever it is given."""

import warnings

import matplotlib
import numpy as np
import pytest

from tfretrieval import plots
from tfretrieval.evaluation import bit_usage
from tfretrieval.plots import _text
from tfretrieval.plots._text import plain

NAMES = ["$x$", r"$\frac{$", "a_b^c$", "\udcff.jpg", "two\nlines", "\x00\x1b[31m", "_hidden"]
NAMES += ["\u9ce5", "\U0001f426", "\u202egnp", r"\$", "$" * 4, ""]
ROUNDS = {name: [1.0, 2.0] for name in ("epoch", "d_ap", "d_an", "gap", "margin1")}
PICTURE, MAP = np.zeros((1, 8, 8, 3)), np.ones((1, 4, 4))
BOX = np.array([[0.1, 0.2, 0.8, 0.9]])
PLOTS = {
    "bit_shares": lambda n: plots.bit_shares({n: bit_usage([[1, -1], [-1, 1]])}, n),
    "block_diagram": lambda n: plots.block_diagram({"a": (n or "input", ())}, n),
    "map_curves": lambda n: plots.map_curves({n: {n: ([0, 3], [0.2, 0.4])}}, n),
    "distance_curves": lambda n: plots.distance_curves({n: ROUNDS}, title=n),
    "distance_histograms": lambda n: plots.distance_histograms(
        {n: (np.array([1.0, 2.0]), np.array([2.0, 3.0]))}, n
    ),
    "domain_gates": lambda n: plots.domain_gates({n: np.array([[0.1, 0.9], [0.8, 0.9]])}, n),
    "bars": lambda n: plots.bars({n: {n: 1.0}}, {n: n}, n),
    "families": lambda n: plots.families({n: {n: ([16, 64], [0.2, 0.5])}}, n, n, title=n),
    "feature_maps": lambda n: plots.feature_maps(PICTURE, {n: MAP}, n),
    "feature_plane": lambda n: plots.feature_plane(
        {n: (np.eye(2), np.array([0, 1]), np.eye(2))}, n
    ),
    "gallery": lambda n: plots.gallery(PICTURE, PICTURE[:, None], np.ones((1, 1)), [n], title=n),
    "negatives_by_rank": lambda n: plots.negatives_by_rank(
        {n: np.array([[0.2, 0.4], [0.4, 0.6]])}, {n: 0.1}, n
    ),
    "part_attention": lambda n: plots.part_attention(PICTURE, {n: MAP}, n),
    "saliency_sheet": lambda n: plots.saliency_sheet(
        PICTURE, MAP.astype(np.uint8), {n: BOX}, title=n
    ),
}


def test_every_plot_is_tried():
    assert set(PLOTS) == set(plots.__all__)


@pytest.mark.parametrize("plot", PLOTS)
def test_a_name_is_drawn_and_not_read(plot, tmp_path):
    # All at once where a name is one of many lines: a figure takes a fifth of a second.
    for name in ("".join(NAMES), "$x$", "_hidden"):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", message="the font of figures has no")
            figure = PLOTS[plot](name)
            figure.savefig(tmp_path / "figure.png", dpi=40)
        drawn = [text.get_text() for text in figure.findobj(matplotlib.text.Text)]
        assert any(plain(name) in text for text in drawn)


@pytest.mark.parametrize("name", NAMES)
def test_no_name_is_a_formula(name):
    text = plain(name)
    assert not matplotlib.cbook.is_math_text(text)
    assert text.encode() and text.isprintable() or text in ("", "two\nlines")


def test_what_can_be_drawn_stays_as_it_is():
    for name in (
        "finch",
        "Zaunk\u00f6nig",
        "\u03b1 = 0.4",
        "\u0441\u043e\u0432\u0430",
        "4 \u00d7 4",
    ):
        assert plain(name) == name


def test_a_script_that_the_font_lacks_is_told_once(monkeypatch):
    monkeypatch.setattr(_text, "_told", set())
    with pytest.warns(UserWarning, match=r"has no \\u9ce5.*font.family"):
        assert plain("\u9ce5") == r"\u9ce5"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert plain("\u9ce5\U0001f426") == r"\u9ce5\U0001f426"
