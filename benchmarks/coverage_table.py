"""Which share of the lines the tests run, by package, and where the others are.

    make coverage

runs the tests with pytest-cov, which writes build/coverage.json, and then this. Tests of files that
only another process runs (a killed recipe, a served page, a kernel of a notebook) count for nothing
here.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path


def package(file: str) -> str:
    """Two levels: tfretrieval/losses, recipes/center; what stands above them on its own."""
    parts = Path(file).parts
    return "/".join(parts[:2]) if len(parts) > 2 else parts[0]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--least", type=float, default=90.0, help="files below are named, in %%")
    options = parser.parse_args()
    files = json.loads(options.file.read_text())["files"]
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name, found in files.items():
        for key in (package(name), "all"):
            sums[key][0] += found["summary"]["num_statements"]
            sums[key][1] += found["summary"]["covered_lines"]
    print("| package | lines | run by tests, % |\n|---|---|---|")
    for name, (lines, covered) in sorted(sums.items(), key=lambda item: item[0] == "all"):
        if lines:
            print(f"| {name} | {lines:,} | {100 * covered / lines:.1f} |")
    print(f"\nFiles below {options.least:g} %:\n")
    for name, found in sorted(files.items()):
        summary = found["summary"]
        if summary["num_statements"] and summary["percent_covered"] < options.least:
            lines = ", ".join(map(str, found["missing_lines"][:12]))
            print(f"- {name}: {summary['percent_covered']:.0f} %, not run: {lines}")


if __name__ == "__main__":
    main()
