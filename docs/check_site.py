"""Whether the built site is whole: links, anchors and pictures lead somewhere, all of it is here.

python -m docs.check_site docs/_build/html
"""

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Attributes of elements that a browser fetches by itself.
FETCHED = {"img": "src", "script": "src", "link": "href", "iframe": "src", "source": "src"}


class Page(HTMLParser):
    """Anchors of a page, where it leads to, and what it loads."""

    def __init__(self, path: Path):
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors.update(values[name] for name in ("id", "name") if values.get(name))
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        address = values.get(FETCHED.get(tag, ""))
        # A page names what it is a version of, and fetches nothing from there.
        if address and values.get("rel") not in ("canonical", "author", "license"):
            self.loads.append(address)


def faults(site: Path) -> Iterator[str]:
    pages = {path.resolve(): Page(path) for path in sorted(site.rglob("*.html"))}
    if not pages:
        yield f"{site} has no pages"
    for path, page in pages.items():
        here = path.relative_to(site.resolve())
        for address in page.loads:
            if urlsplit(address).scheme not in ("", "data") or address.startswith("//"):
                yield f"{here} loads {address}: everything of the site has to be here"
        for address in page.links + page.loads:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            if not target.exists():
                yield f"{here} leads to {address}: there is no such file"
                continue
            place = unquote(parts.fragment)
            if place and target in pages and place not in pages[target].anchors:
                yield f"{here} leads to {address}: the page has no such place"


def main() -> int:
    site = Path(sys.argv[1])
    found = list(faults(site))
    print("\n".join(found) or f"{site}: {len(list(site.rglob('*.html')))} pages, all links lead on")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
