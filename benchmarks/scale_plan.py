"""What every stage takes at sizes that nobody has here, from what smaller ones took.

    python -m benchmarks.growth --sizes 10000 100000 1000000 --out growth.json
    python -m benchmarks.scale_plan growth.json

Every stage is linear behind its first costs: a line through its two smaller sizes foretells the
next one, which was measured, and a line through the last two foretells the others, to 10^9. Hours
are of the processors of the machine that the file was measured on, all threads together.
"""

import argparse
import itertools
import json
from pathlib import Path
from typing import Any

FAR = (10**6, 10**7, 10**8, 10**9)

Cell = dict[str, Any]


def foretold(first: Cell, second: Cell, n: int) -> float:
    """Seconds at n by the line through two cells.

    >>> foretold({"n": 10, "seconds": 2.0}, {"n": 20, "seconds": 3.0}, 40)
    5.0
    """
    slope = (second["seconds"] - first["seconds"]) / (second["n"] - first["n"])
    return float(second["seconds"] + slope * (n - second["n"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="what benchmarks.growth wrote with --out")
    cells = json.loads(parser.parse_args().file.read_text())
    by_stage = {
        stage: sorted(group, key=lambda cell: cell["n"])
        for stage, group in itertools.groupby(cells, key=lambda cell: cell["stage"])
    }
    print("| stage | N | foretold, seconds | measured | foretold / measured |")
    print("|---|---|---|---|---|")
    for stage, row in by_stage.items():
        if len(row) > 2:
            seconds, last = foretold(*row[-3:-1], row[-1]["n"]), row[-1]
            share = seconds / last["seconds"]
            print(
                f"| {stage} | {last['n']:.0e} | {seconds:.3g} | {last['seconds']:.3g} "
                f"| {share:.2f} |"
            )
    print("\n| stage | " + " | ".join(f"{n:.0e}, hours" for n in FAR) + " |")
    print("|" + "---|" * (len(FAR) + 1))
    for stage, row in by_stage.items():
        if len(row) > 1:
            hours = [foretold(*row[-2:], n) / 3600 for n in FAR]
            print(f"| {stage} | " + " | ".join(f"{value:.3g}" for value in hours) + " |")


if __name__ == "__main__":
    main()
