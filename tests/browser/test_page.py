"""The page in a real browser: choose, drop, paste, draw, click, an error. Wants Chromium.

    python -m pytest tests/browser/test_page.py --screenshots docs/figures

keeps what was seen, `page_drop.png` and so on, for the docs.
"""

import base64
import time

import pytest
from PIL import Image

from data_pipelines.drawn_birds import Artist
from docs.figures.chrome import chrome, shoot
from tests.browser.test_serving import Server
from tests.chromium import wants_chromium
from tests.encoders.colours import ColourEncoder, empty_index
from tfretrieval.encoders.indexing import index_folder

pytestmark = wants_chromium
# What a browser does with a file that is dropped or pasted.
GIVE = """
const [kind, content, name] = arguments;
const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
const data = new DataTransfer();
data.items.add(new File([bytes], name, { type: "image/jpeg" }));
const event = kind === "drop"
  ? new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true })
  : new ClipboardEvent("paste", { clipboardData: data, bubbles: true });
document.body.dispatchEvent(event);
"""


SPECIES, PHOTOS = 4, 3


@pytest.fixture(scope="module")
def birds(tmp_path_factory):
    """Drawn birds, a folder a species."""
    root, artist = tmp_path_factory.mktemp("birds"), Artist(SPECIES, 96)
    for label in range(SPECIES):
        (root / f"species {label}").mkdir()
        for number in range(PHOTOS):
            drawn = artist.draw(f"train/{label:03}/{number:04}.jpg", label, number)
            Image.fromarray(drawn.pixels).save(root / f"species {label}" / f"{number}.jpg")
    return root


@pytest.fixture
def page(birds, tmp_path, pytestconfig):
    index = empty_index(tmp_path / "index", birds, ColourEncoder())
    index_folder(index, ColourEncoder())
    server = Server(index)
    try:
        with chrome("1100,620") as browser:
            browser.get(server.address)
            yield Page(browser, pytestconfig.getoption("screenshots"))
            told = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
            # A refused picture is an answer of status 415, which the browser counts as an error.
            assert all("415" in entry["message"] for entry in told), told
    finally:
        server.stop()


class Page:
    def __init__(self, browser, screenshots):
        self.browser = browser
        self.screenshots = screenshots

    def seen(self, name):
        """Keeps what is seen, where that is wanted."""
        if self.screenshots:
            loaded = "return [...document.images].every((i) => i.complete)"
            self.wait(lambda: self.browser.execute_script(loaded))
            shoot(self.browser, f"{self.screenshots}/page_{name}.png")

    def one(self, name):
        return self.browser.find_element("id", name)

    def wait(self, condition):
        end = time.monotonic() + 20
        while not (found := condition()):
            assert time.monotonic() < end, self.one("error").text or self.one("status").text
            time.sleep(0.05)
        return found

    def give(self, kind, content):
        self.browser.execute_script(GIVE, kind, base64.b64encode(content).decode(), "bird.jpg")

    @property
    def answers(self):
        script = "return [...document.querySelectorAll('#answers img')].map((i) => i.alt)"
        return self.browser.execute_script(script)

    def found(self, first):
        return self.wait(lambda: self.answers and self.answers[0] == first)


def test_a_visit(page, birds):
    page.wait(lambda: "12 pictures, codes of 12 bits" in page.one("about").text)

    page.one("file").send_keys(str(birds / "species 0" / "0.jpg"))
    page.found("species 0/0.jpg")
    assert "12 answers in" in page.one("status").text
    # What was looked at is marked on the picture.
    region, shown = page.one("region").rect, page.one("shown").rect
    assert region["y"] - shown["y"] == pytest.approx(0.1 * shown["height"], abs=1)
    assert region["width"] == pytest.approx(0.7 * shown["width"], abs=1)

    page.give("drop", (birds / "species 1" / "2.jpg").read_bytes())
    page.found("species 1/2.jpg")
    page.seen("drop")
    page.give("paste", (birds / "species 3" / "1.jpg").read_bytes())
    page.found("species 3/1.jpg")

    # A click, or the enter key, searches with that picture; back goes back.
    second = page.browser.find_elements("css selector", "#answers button")[1]
    name = page.answers[1]
    assert "search with it" in second.get_attribute("aria-label")
    second.send_keys("\ue007")
    page.found(name)
    assert "#" in page.browser.current_url
    page.wait(lambda: page.one("shown").get_attribute("alt") == f"Query: {name}")

    page.browser.execute_script(
        "const k = document.getElementById('k'); k.value = 2;"
        "k.dispatchEvent(new Event('input')); k.dispatchEvent(new Event('change'));"
    )
    page.wait(lambda: len(page.answers) == 2)
    assert page.one("kValue").text == "2"
    page.seen("click")
    page.one("near").click()
    page.wait(lambda: "answer" in page.one("status").text)

    page.give("drop", b"hello")
    page.wait(lambda: "no known picture format" in page.one("error").text)
    assert page.answers == [] and page.one("error").get_attribute("role") == "alert"
    page.wait(lambda: not page.one("shown").is_displayed())
    page.seen("error")


def test_a_drawing_is_searched(page):
    from selenium.webdriver import ActionChains

    page.one("draw").click()
    pad = page.one("pad")
    strokes = ActionChains(page.browser).move_to_element(pad).click_and_hold()
    for step in ((60, -30), (40, 30), (-40, 30), (-90, 0), (-50, -40), (80, 10)):
        strokes = strokes.move_by_offset(*step)
    strokes.release().perform()
    dark = page.browser.execute_script(
        "const pad = document.getElementById('pad');"
        "const data = pad.getContext('2d').getImageData(0, 0, pad.width, pad.height).data;"
        "let dark = 0; for (let i = 0; i < data.length; i += 4) dark += data[i] < 128; return dark;"
    )
    assert dark > 100
    page.one("search").click()
    page.wait(lambda: len(page.answers) == 12)
    page.seen("draw")
