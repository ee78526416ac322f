"""Time and memory of mining hard triplets, by the number of samples.

    python -m benchmarks.mining                      # 10^4 and 10^5 samples: some minutes
    python -m benchmarks.mining --samples 1000000    # seven minutes more

Random codes of 64 dimensions in classes of a hundred, one mining. Beside it stands the exact rule,
ranks among all samples, up to 10^5 of them. Rank of the negatives: the mean share of samples of
other classes that are nearer; an even draw from the nearest twentieth gives 2.5 %. Recall: the
share of the negatives that lie in the nearest twentieth of all, where the exact rule draws each.
"""

import argparse
import os
import platform
import resource
import time

import numpy as np

from tfretrieval.mining import hard_triplets

BITS, CLASS, ANCHORS = 64, 100, 500
HEADER = ("samples", "seconds", "exact, seconds", "rank of negatives", "recall", "peak memory")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, nargs="+", default=[10_000, 100_000])
    args = parser.parse_args()
    print(
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, NumPy {np.__version__}"
    )
    print("| " + " | ".join(HEADER) + " |")
    print("|" + "---|" * len(HEADER))
    for samples in args.samples:
        codes = np.random.default_rng(0).standard_normal((samples, BITS)).astype(np.float32)
        labels = np.arange(samples) // CLASS
        start = time.perf_counter()
        triplets = hard_triplets(codes, labels)
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        some = np.random.default_rng(1).permutation(len(triplets))[:ANCHORS]
        ranks = np.array([_rank(codes, labels, triplet) for triplet in triplets[some]])
        exact = "-"
        if samples <= 100_000:
            start = time.perf_counter()
            hard_triplets(codes, labels, pool=samples)
            exact = f"{time.perf_counter() - start:.1f}"
        print(
            f"| {samples} | {seconds:.1f} | {exact} | {100 * ranks.mean():.2f} % "
            f"| {100 * np.mean(ranks < 0.05):.1f} % | {peak:.2f} GiB |",
            flush=True,
        )


def _rank(codes: np.ndarray, labels: np.ndarray, triplet: np.ndarray) -> float:
    """The share of samples of other classes that are nearer than the negative."""
    anchor, _, negative = triplet
    distances = np.square(codes - codes[anchor]).sum(axis=1)
    return float(np.mean(distances[labels != labels[anchor]] < distances[negative]))


if __name__ == "__main__":
    main()
