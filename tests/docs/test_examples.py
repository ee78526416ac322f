"""Every Python block of the docs runs, in the order of its page."""

import pytest
from sybil.document import Document
from sybil.parsers.markdown import PythonCodeBlockParser

from tests.conftest import train_eagerly
from tests.docs.the_pages import PAGES, README

WITH_BLOCKS = [page for page in [README, *PAGES] if "```python" in page.read_text(encoding="utf-8")]


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=lambda page: page.stem)
def test_the_blocks_of_a_page_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if page.name != "add.md":  # Its checks ask about graphs.
        train_eagerly(monkeypatch)
    document = Document.parse(str(page), PythonCodeBlockParser())
    examples = list(document.examples())
    assert len(examples) >= page.read_text(encoding="utf-8").count("```python")
    for example in examples:
        example.evaluate()
