"""A headless Chromium, its size and colours, and what it shows as a small picture."""

import contextlib
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from selenium.webdriver import Chrome

from tests.chromium import chromium


@contextlib.contextmanager
def chrome(size: str, scheme: str = "light") -> Iterator[Chrome]:
    """A browser of so many pixels, ``"1180,820"``, in ``"light"`` or ``"dark"``.

    Chromium makes no window narrower than 500 pixels: the page is told the width.
    """
    width, height = map(int, size.split(","))
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
        chromium(profile) as browser,
    ):
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        yield browser


def shoot(browser: Chrome, out: str | Path) -> None:
    """Saves what is seen, in 128 colours."""
    shot = Image.open(io.BytesIO(browser.get_screenshot_as_png())).convert("RGB")
    shot.quantize(128).save(out, optimize=True)
