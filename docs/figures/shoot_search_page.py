"""Takes the pictures of the search page: an index that is served, a query, light or dark.

    python -m tfretrieval.search serve --index INDEX
    python -m docs.figures.shoot_search_page QUERY.jpg docs/figures/search_page.png --scheme light

Wants Chromium, its driver and selenium. 128 colours: the birds stay small.
"""

import argparse
import time

from docs.figures.chrome import chrome, shoot


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("query")
    parser.add_argument("out")
    parser.add_argument("--address", default="http://127.0.0.1:8000/")
    parser.add_argument("--scheme", choices=("light", "dark"), default="light")
    parser.add_argument("--size", default="1180,820", help="of the window (%(default)s)")
    options = parser.parse_args()
    with chrome(options.size, options.scheme) as browser:
        browser.get(options.address)
        browser.find_element("id", "file").send_keys(options.query)
        end = time.monotonic() + 30
        while "answers in" not in browser.find_element("id", "status").text:
            assert time.monotonic() < end, browser.find_element("id", "error").text
            time.sleep(0.1)
        time.sleep(2)  # Until the pictures are there.
        shoot(browser, options.out)


if __name__ == "__main__":
    main()
