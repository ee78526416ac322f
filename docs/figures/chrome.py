"""A headless Chromium, its size and colours, and what it shows as a small picture."""

import contextlib
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from selenium import webdriver


@contextlib.contextmanager
def chrome(size: str, scheme: str = "light") -> Iterator[webdriver.Chrome]:
    """A browser of so many pixels, ``"1180,820"``, in ``"light"`` or ``"dark"``.

    Chromium makes no window narrower than 500 pixels: the page is told the width.
    """
    width, height = map(int, size.split(","))
    options = webdriver.ChromeOptions()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        for argument in (
            *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
            *(f"--window-size={size}", f"--user-data-dir={profile}"),
        ):
            options.add_argument(argument)
        browser = webdriver.Chrome(options, webdriver.ChromeService("/usr/bin/chromedriver"))
        try:
            media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
            browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
            metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
            yield browser
        finally:
            browser.quit()


def shoot(browser: webdriver.Chrome, out: str | Path) -> None:
    """Saves what is seen, in 128 colours."""
    shot = Image.open(io.BytesIO(browser.get_screenshot_as_png())).convert("RGB")
    shot.quantize(128).save(out, optimize=True)
