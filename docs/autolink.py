"""Names in the pages lead to the reference: ``losses.TripletLoss``, ``tfr.losses.GeM()``.

The pages read on their own too, so they have no roles; what looks like a public name of the
library becomes a link when the site is built.
"""

from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

from docs.build_reference import public


class LinkNames(SphinxTransform):
    default_priority = 200

    def apply(self, **kwargs: Any) -> None:
        if self.env.docname.startswith("reference"):
            return
        for literal in list(self.document.findall(nodes.literal)):
            target = public(literal.astext())
            if target is None or isinstance(literal.parent, nodes.reference | nodes.title):
                continue
            if self.env.docname.startswith("coming_from") and in_first_column(literal):
                continue
            link = addnodes.pending_xref(
                "", reftype="obj", refdomain="py", reftarget=target, refexplicit=True,
                refdoc=self.env.docname, refwarn=False,
            )  # fmt: skip
            literal.replace_self(link)
            link += literal


def in_first_column(node: nodes.Node) -> bool:
    """Whether it stands in the first cell of a row, where other libraries have their names."""
    while node.parent is not None:
        if isinstance(node, nodes.entry):
            return node.parent.index(node) == 0
        node = node.parent
    return False


def setup(app: Any) -> dict[str, bool]:
    app.add_transform(LinkNames)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
