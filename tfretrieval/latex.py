"""A report's tables for a paper: tabulars with booktabs' rules, to be put in with ``\\input``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

SIGNS = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "±": r"$\pm$", "<": r"$<$", ">": r"$>$", "|": r"$|$",
}  # fmt: skip


def text(shown: str) -> str:
    r"""What LaTeX prints as it stands.

    >>> text("a_b, 50 % ± 1")
    'a\\_b, 50 \\% $\\pm$ 1'
    """
    return "".join(SIGNS.get(sign, sign) for sign in shown)


def tabular(
    title: str, keys: int, header: Sequence[str], rows: Sequence[Sequence[str]]
) -> Iterator[str]:
    """A table: names on the left, figures on the right.

    Args:
        title: said in a comment.
        keys: columns of names.
        header: of all columns.
        rows: as they are shown.
    """
    yield "% " + " ".join((title or "the main table").split())
    yield rf"\begin{{tabular}}{{{'l' * keys}{'r' * (len(header) - keys)}}}"
    yield r"\toprule"
    yield " & ".join(map(text, header)) + r" \\"
    yield r"\midrule"
    for row in rows:
        # What begins with a bracket would be an argument of the rule or the line before.
        yield "{}" + " & ".join(map(text, row)) + r" \\"
    yield r"\bottomrule"
    yield r"\end{tabular}"
    yield ""
