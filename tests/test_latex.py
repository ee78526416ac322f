"""Tables for LaTeX: every sign is printed, columns stand as in the report."""

import re

from tfretrieval.latex import SIGNS, tabular, text


def test_names_are_on_the_left_and_figures_on_the_right():
    lines = list(tabular("64 bits", 1, ["codes", "mAP"], [["a_b", "50.0 ± 0.1"]]))
    assert lines[0] == "% 64 bits" and lines[1] == r"\begin{tabular}{lr}"
    assert r"codes & mAP \\" in lines and r"{}a\_b & 50.0 $\pm$ 0.1 \\" in lines
    assert [line.split("{")[0] for line in lines[2::2]][:1] == [r"\toprule"]


def test_every_sign_that_latex_reads_is_escaped():
    shown = text("".join(SIGNS))
    for sign in "&%#_":
        assert not re.search(rf"(?<!\\){sign}", shown)
    assert text("\\") == r"\textbackslash{}" and text("plain 50.0") == "plain 50.0"


def test_a_title_of_several_lines_stays_a_comment():
    assert next(iter(tabular("a\nb", 1, ["x"], []))) == "% a b"
