"""A report in a browser: one file, figures inside, nothing read that was meant to be shown."""

import base64
from html.parser import HTMLParser

from recipes.common.report_page import page
from tests.chromium import chromium, wants_chromium

TEXT = """# A run, seed 0

About <b>it</b>.

| codes | mAP |
|---|---|
| <script>alert(1)</script> | 9.5 ± 0.1 |
| b | 50.0 |
| c | - |

Figures: figures/curves.png, figures/gallery.png.
"""


class Elements(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def figures(folder):
    files = {name: folder / f"{name}.png" for name in ("curves", "gallery")}
    for name, file in files.items():
        file.write_bytes(name.encode())
    return files


def test_it_is_one_file_with_the_gallery_first(tmp_path):
    elements = Elements(page(TEXT, figures(tmp_path))).found
    pictures = [attrs for tag, attrs in elements if tag == "img"]
    assert [each["alt"] for each in pictures] == ["gallery", "curves"]
    data = [each["src"].removeprefix("data:image/png;base64,") for each in pictures]
    assert [base64.b64decode(each) for each in data] == [b"gallery", b"curves"]
    assert not [attrs for tag, attrs in elements if tag in ("link", "iframe") or "href" in attrs]


def test_a_name_is_shown_and_not_read(tmp_path):
    text = page(TEXT, {})
    assert "&lt;script&gt;alert(1)" in text and "&lt;b&gt;" in text
    assert [tag for tag, _ in Elements(text).found].count("script") == 1
    linked = page(
        "# ![x](http://example.org/a.png) [y](http://example.org) <http://example.org>", {}
    )
    assert not {"a", "img"} & {tag for tag, _ in Elements(linked).found}
    assert "<title>A run, seed 0</title>" in text and "Figures" not in text


def test_reports_of_each_seed_are_linked():
    links = [attrs["href"] for tag, attrs in Elements(page(TEXT, {}, ["a/b.html"])).found
             if tag == "a"]  # fmt: skip
    assert links == ["a/b.html"]


@wants_chromium
def test_a_click_sorts_by_numbers_and_what_has_none_stays_below(tmp_path):
    file = tmp_path / "report.html"
    file.write_text(page(TEXT, {}), encoding="utf-8")
    with chromium(tmp_path / "profile") as browser:
        browser.get(file.as_uri())
        (_, mean) = browser.find_elements("css selector", "th button")

        def column():
            return [cell.text for cell in browser.find_elements("css selector", "td:last-child")]

        mean.click()
        assert column() == ["50.0", "9.5 ± 0.1", "-"]
        mean.click()
        assert column() == ["9.5 ± 0.1", "50.0", "-"]
