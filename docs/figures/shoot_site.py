"""Takes the pictures of the site, which `make docs` has built:

    python -m docs.figures.shoot_site FOLDER

The start page, a method's page, a page of the reference, light and dark, wide and narrow.
"""

import argparse
from pathlib import Path

from docs.figures.chrome import chrome, shoot

SITE = Path(__file__).parents[1] / "_build" / "html"
SHOTS = {
    "site_start": ("index.html", "1280,900", "light"),
    "site_method": ("papers/adaptive_triplet.html", "1280,900", "dark"),
    "site_reference": (
        "reference/names/tfretrieval.losses.AdaptiveTripletLoss.html", "1280,900", "light",
    ),
    "site_narrow": ("numbers/comparison.html", "390,844", "dark"),
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for name, (page, size, scheme) in SHOTS.items():
        with chrome(size, scheme) as browser:
            browser.get((SITE / page).as_uri())
            shoot(browser, folder / f"{name}.png")


if __name__ == "__main__":
    main()
