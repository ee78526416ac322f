"""Formulas of the site in MathML: browsers draw it, no script and no picture is needed.

Each of :data:`docs.formulas.FORMULAS` is put behind the first paragraph of its docstring.
"""

from typing import Any

from docutils.nodes import SkipNode
from latex2mathml.converter import convert

from docs.formulas import FORMULAS


def set_formula(app: Any, what: str, name: str, found: Any, options: Any, lines: list[str]) -> None:
    """Puts the formula of a public name behind the first paragraph of its docstring."""
    formula = FORMULAS.get(name.removeprefix("tfretrieval."))
    if formula is not None:
        end = lines.index("") if "" in lines else len(lines)
        # The plain formula may stand below, indented.
        while lines[end:] and (not lines[end] or lines[end][0] == " "):
            end += 1
        lines[end:end] = ["", ".. math::", "", f"   {formula}", ""]


def skip_routing(
    app: Any, what: str, name: str, found: Any, skip: bool, options: Any
) -> bool | None:
    """What scikit-learn adds to every estimator is scikit-learn's to say."""
    return True if name.startswith("set_") and name.endswith("_request") else None


def block(translator: Any, node: Any) -> None:
    translator.body.append(f'<div class="formula">{convert(node.astext(), display="block")}</div>')
    raise SkipNode


def inline(translator: Any, node: Any) -> None:
    translator.body.append(convert(node.astext()))
    raise SkipNode


def setup(app: Any) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    # Before napoleon reads the docstring.
    app.connect("autodoc-process-docstring", set_formula, priority=100)
    app.connect("autodoc-skip-member", skip_routing)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
