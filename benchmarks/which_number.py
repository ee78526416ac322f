"""One set of codes, and every number that papers call its mAP.

    python -m benchmarks.which_number --run RUN

RUN is a finished run of a recipe, whose ``codes.npz`` holds codes and labels of queries and
database. Nothing is trained. The table stands in docs/numbers/which_number.md.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tfretrieval.evaluation import HammingRetrieval, hamming_retrieval


def meanings(codes: dict[str, np.ndarray], ks: tuple[int, ...]) -> Iterator[tuple[str, str, float]]:
    """What is counted, how it is divided, and the value."""
    bits = int(codes["bits"])
    # A query of a class that the database does not hold has no average precision.
    known = np.isin(codes["query_labels"], codes["database_labels"])
    codes = {**codes, **{k: v[known] for k, v in codes.items() if k.startswith("query_")}}

    def search(rows: np.ndarray | slice = slice(None), **options) -> HammingRetrieval:
        return hamming_retrieval(
            codes["query_packed"][rows], codes["query_labels"][rows],
            codes["database_packed"], codes["database_labels"], bits=bits, **options,
        )  # fmt: skip

    whole = search()
    stable = "in the order of the database"
    yield "mAP", "tie-aware", whole.mean_average_precision
    yield "mAP", stable, whole.mean_average_precision_stable
    yield "mAP", "in the best order", float(whole.average_precision_optimistic.mean())
    yield "mAP", "in the worst order", float(whole.average_precision_pessimistic.mean())
    relevant = whole.n_relevant
    for k in ks:
        # AP@k over all relevant items, tie-aware: the other divisors follow from its sum.
        ap = search(cutoff=k, stable=False).average_precision
        yield f"mAP@{k}", "tie-aware, divided by all relevant items", float(ap.mean())
        reachable = ap * relevant / np.minimum(relevant, k)
        yield f"mAP@{k}", "tie-aware, divided by min(k, relevant items)", float(reachable.mean())
        for missing, title in (("exclude", "left out"), ("zero", "counted as 0")):
            found = search(cutoff=k, divisor="retrieved", missing=missing)
            yield (
                f"mAP@{k}",
                f"{stable}, divided by the relevant items among the k; queries without one {title}",
                found.mean_average_precision_stable,
            )
    at_r = np.zeros(len(relevant))
    for count in np.unique(relevant):
        rows = np.flatnonzero(relevant == count)
        at_r[rows] = search(rows, cutoff=int(count), stable=False).average_precision
    yield "MAP@R", "tie-aware, cut at the number of relevant items", float(at_r.mean())
    precision = search(ks=(1, *ks), stable=False)
    for k, value in zip((1, *ks), precision.precision_at_k.mean(axis=0), strict=True):
        yield f"P@{k}", "share of the first k, no AP", float(value)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--k", type=int, nargs="+", default=[10, 100])
    options = parser.parse_args()
    with np.load(options.run / "codes.npz") as file:
        codes = dict(file)
    print(
        f"{len(codes['query_packed'])} queries in {len(codes['database_packed'])} items, "
        f"{int(codes['bits'])} bits\n"
    )
    print("| name | what it is | % |\n|---|---|---|")
    for name, meaning, value in meanings(codes, tuple(options.k)):
        print(f"| {name} | {meaning} | {100 * value:.1f} |")


if __name__ == "__main__":
    main()
