"""Links between the pages lead somewhere."""

import re

import pytest

from tests.docs.the_pages import CONTRIBUTING, PAGES, README

LINKED = [README, CONTRIBUTING, *PAGES]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def anchors(page):
    """Of its headings, as they are made of them: lower case, blanks as dashes, no other signs."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", LINKED, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page):
    prose = page.read_text(encoding="utf-8").split("```")[::2]
    for link in LINK.findall("".join(prose)):
        if link.startswith("http"):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link
