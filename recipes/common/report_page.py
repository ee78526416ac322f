"""A report as one page for a browser: tables that sort, figures inside, light and dark."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping, Sequence
from pathlib import Path

from markdown_it import MarkdownIt

# What a person would look at first.
FIRST = ("gallery", "saliency")
STYLE, SCRIPT = (Path(__file__).parent / name for name in ("report.css", "report.js"))


def page(text: str, figures: Mapping[str, Path], links: Sequence[str] = ()) -> str:
    """A whole page of a report's Markdown.

    HTML or a link in it, such as in the name of a class, is shown and not read.

    Args:
        text: of ``report.md``.
        figures: name -> PNG file, which is put into the page.
        links: of the reports of each seed, below the text.

    >>> "<th>mAP</th>" in page("# Run\\n\\n| mAP |\\n|---|\\n| 50.0 |\\n", {})
    True
    """
    lines = text.splitlines()
    title = html.escape(lines[0].lstrip("# ") if lines else "")
    prose = "\n".join(line for line in lines if not line.startswith("Figures: figures/"))
    markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table")
    # A report has none of these of its own, and a name is none: the page fetches nothing.
    markdown.disable(["link", "image", "autolink", "reference", "entity", "emphasis"])
    body = markdown.render(prose)
    body = body.replace("<table>", '<div class="scroll"><table>')
    body = body.replace("</table>", "</table></div>")
    body += "".join(
        f'<p><a href="{html.escape(link)}">{html.escape(link)}</a></p>' for link in links
    )
    if figures:
        order = [name for name in FIRST if name in figures]
        order += sorted(set(figures) - set(FIRST))
        body += "<h2>Figures</h2>" + "".join(_figure(name, figures[name]) for name in order)
    style, script = (file.read_text(encoding="utf-8") for file in (STYLE, SCRIPT))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{style}</style></head>\n"
        f"<body>{body}<script>{script}</script></body></html>\n"
    )


def _figure(name: str, file: Path) -> str:
    data = base64.b64encode(file.read_bytes()).decode()
    said = html.escape(name.replace("_", " "))
    return (
        f'<figure><img alt="{said}" src="data:image/png;base64,{data}">'
        f"<figcaption>{said}</figcaption></figure>"
    )
