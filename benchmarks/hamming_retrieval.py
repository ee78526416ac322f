"""Hamming retrieval on one core: this library against the usual loop over queries.

    python benchmarks/hamming_retrieval.py            # both sizes, about a minute
    python benchmarks/hamming_retrieval.py --runs 7

The usual loop sorts the database once for each query: a vector of relevance, distances as an inner
product of +-1 codes, ``argsort``, precision at the hits. It is timed in two forms: with relevance
from a product of one-hot labels, as hashing repositories write it (it serves several labels an
item), and a lean one that compares class ids. Both sort as ``argsort`` does unless told otherwise,
so their ties are broken by accident; for the check of equal results they sort stably.

Ours is timed as tie-aware figures alone (``stable=False``) and with the stable order beside them,
the default. All are timed in turn, the median of the rounds is printed. Seconds are those of the
processor, which for one thread are those of the clock on an idle machine. Memory is the peak of
what NumPy and Python allocate during a call, beyond its arguments.
"""

import os

# One core and one BLAS thread, before NumPy is loaded.
for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import argparse  # noqa: E402
import platform  # noqa: E402
import statistics  # noqa: E402
import time  # noqa: E402
import tracemalloc  # noqa: E402
from collections.abc import Callable  # noqa: E402

import numpy as np  # noqa: E402

from tfretrieval.codes import pack  # noqa: E402
from tfretrieval.evaluation import hamming_retrieval  # noqa: E402

# Queries, database, bits, classes: CUB-200-2011, and ten classes as CIFAR-10 is split.
SIZES = ((5_794, 5_994, 64, 200), (1_000, 54_000, 48, 10))


def make_codes(n: int, centers: np.ndarray, rng: np.random.Generator):
    """Codes of +-1 around a center for each class, and their class ids."""
    labels = rng.integers(0, len(centers), n)
    noise = 1.2 * rng.standard_normal((n, centers.shape[1]))
    return np.where(centers[labels] + noise >= 0, 1, -1).astype(np.float32), labels


def average_precision(relevant: np.ndarray) -> float:
    hits = np.flatnonzero(relevant) + 1
    return float(np.mean(np.arange(1, len(hits) + 1) / hits)) if len(hits) else float("nan")


def usual_loop(queries, query_labels, database, labels, classes: int) -> list[float]:
    """Relevance from one-hot labels, as in public hashing code."""
    one_hot = np.eye(classes, dtype=np.float32)
    query_labels, labels_t = one_hot[query_labels], one_hot[labels].T
    figures = []
    for query, label in zip(queries, query_labels, strict=True):
        relevant = (label @ labels_t) > 0
        distances = 0.5 * (len(query) - query @ database.T)
        figures.append(average_precision(relevant[np.argsort(distances)]))
    return figures


def lean_loop(queries, query_labels, database, labels, kind=None) -> list[float]:
    """Relevance from equal class ids."""
    figures = []
    for query, label in zip(queries, query_labels, strict=True):
        distances = 0.5 * (len(query) - query @ database.T)
        figures.append(average_precision((labels == label)[np.argsort(distances, kind=kind)]))
    return figures


def peak_mb(function: Callable[[], object]) -> float:
    tracemalloc.start()
    function()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def measure(size: tuple[int, int, int, int], runs: int) -> None:
    n_queries, n_database, bits, classes = size
    rng = np.random.default_rng(0)
    centers = rng.standard_normal((classes, bits))
    queries, query_labels = make_codes(n_queries, centers, rng)
    database, labels = make_codes(n_database, centers, rng)
    packed = (pack(queries), query_labels, pack(database), labels)

    contenders: dict[str, Callable[[], object]] = {
        "usual loop, one-hot labels": lambda: usual_loop(
            queries, query_labels, database, labels, classes
        ),
        "usual loop, class ids": lambda: lean_loop(queries, query_labels, database, labels),
        "ours, tie-aware": lambda: hamming_retrieval(*packed, bits=bits, stable=False),
        "ours, tie-aware and stable": lambda: hamming_retrieval(*packed, bits=bits),
    }
    result = hamming_retrieval(*packed, bits=bits)
    stable = lean_loop(queries, query_labels, database, labels, kind="stable")
    difference = np.nanmax(np.abs(np.asarray(result.average_precision_stable) - stable))
    assert difference < 1e-12, difference

    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(runs):
        for name, function in contenders.items():
            start = time.process_time()
            function()
            seconds[name].append(time.process_time() - start)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    usual, lean = list(medians.values())[:2]

    print(f"\n{n_queries:,} queries x {n_database:,} codes x {bits} bits, {classes} classes")
    print(
        f"mAP {result.mean_average_precision:.6f} tie-aware, "
        f"{result.mean_average_precision_stable:.6f} stable; largest difference of a stable AP "
        f"from the loop's {difference:.0e}"
    )
    print(f"{'':28} {'seconds':>9} {'one-hot loop':>13} {'class-id loop':>14} {'peak MB':>8}")
    for name, value in medians.items():
        ratios = f"{usual / value:12.1f}x {lean / value:13.1f}x"
        print(f"{name:28} {value:9.3f} {ratios} {peak_mb(contenders[name]):8.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5, help="rounds; the median is printed")
    runs = parser.parse_args().runs
    print(
        f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.machine()}, "
        f"one core, one thread, median of {runs} rounds"
    )
    for size in SIZES:
        measure(size, runs)


if __name__ == "__main__":
    main()
