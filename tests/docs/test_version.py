"""One version, in the three places that have it."""

import re

import tfretrieval
from tests.docs.the_pages import ROOT


def test_package_citation_and_changelog_name_one_version():
    version = tfretrieval.__version__
    citation = (ROOT / "CITATION.cff").read_text()
    assert re.search(r"^version: (.+)$", citation, re.MULTILINE)[1] == version
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == version and re.fullmatch(r"\d+\.\d+\.\d+", version)
