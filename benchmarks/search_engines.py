"""Engines of binary search side by side: NumPy alone, those of faiss and Milvus, on one core.

    python -m benchmarks.search_engines                       # 10^4 and 10^6 codes
    python -m benchmarks.search_engines --sizes 10000 1000000 10000000
    python -m benchmarks.search_engines --sizes 100000 1000000 --engines numpy flat milvus

Codes of 64 bits lie around as many centers as one of a thousand of them, eight random bits away,
which is what codes of classes look like; queries lie there too. For every engine: seconds to build
it (the median of a few searches first, so that nothing is built in them), the memory that building
adds to the process (``milvus``, in a file, has a process of its own) or the size of the file,
milliseconds a query for the 100 nearest, in blocks of 100 queries, and the
share of them that it finds: of the distances of the exact answer, counted as a multiset.
"""

import os

for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"

import argparse  # noqa: E402
import contextlib  # noqa: E402
import gc  # noqa: E402
import platform  # noqa: E402
import resource  # noqa: E402
import statistics  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections import Counter  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402

from tfretrieval.search import FaissIndex, HammingIndex, MilvusIndex  # noqa: E402

BITS, K, QUERIES, ROUNDS, FLIPS = 64, 100, 100, 5, 8
ENGINES, MILVUS = ("numpy", "flat", "ivf", "hnsw", "hash"), "milvus"


def codes_around_centers(number: int, centers: np.ndarray, seed: int) -> np.ndarray:
    """Packed codes, each eight random bits from a center."""
    generator = np.random.default_rng(seed)
    codes = centers[generator.integers(0, len(centers), number)].copy()
    rows = np.arange(number)
    for _ in range(FLIPS):
        bit = generator.integers(0, BITS, number)
        codes[rows, bit // 8] ^= (128 >> (bit % 8)).astype(np.uint8)
    return codes


def resident() -> int:
    """Bytes of this process in memory."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


@contextlib.contextmanager
def opened(engine: str) -> Iterator[tuple[Any, Path | None]]:
    """An empty index, and its file where it has one."""
    if engine != MILVUS:
        yield HammingIndex(BITS) if engine == "numpy" else FaissIndex(BITS, engine), None
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "codes.db"
        with MilvusIndex(BITS, file) as index:
            yield index, file


def measured(engine: str, codes: np.ndarray, queries: np.ndarray) -> tuple[list[float], np.ndarray]:
    """Seconds of building, megabytes, milliseconds a query; distances of the answers."""
    gc.collect()
    before, start = resident(), time.perf_counter()
    with opened(engine) as (index, file):
        index.add(codes)
        index.search(queries[:1], 1)
        built, memory = time.perf_counter() - start, resident() - before
        if file is not None:
            memory = file.stat().st_size
        rounds = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            distances, _ = index.search(queries, K)
            rounds.append(time.perf_counter() - start)
    return [built, memory / 1e6, 1000 * statistics.median(rounds) / len(queries)], distances


def found(distances: np.ndarray, exact: np.ndarray) -> float:
    """Share of the exact answers' distances that are among the given ones."""
    shares = [
        (Counter(one.tolist()) & Counter(other.tolist())).total() / len(other)
        for one, other in zip(distances, exact, strict=True)
    ]
    return float(np.mean(shares))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--engines", nargs="+", default=ENGINES, choices=(*ENGINES, MILVUS))
    options = parser.parse_args()
    print(f"{platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}")
    print("| codes | engine | build, s | memory or file, MB | ms a query | against flat | found |")
    print("|---|---|---|---|---|---|---|")
    for size in options.sizes:
        centers = np.random.default_rng(0).integers(
            0, 256, (max(size // 1000, 10), BITS // 8), dtype=np.uint8
        )
        codes = codes_around_centers(size, centers, seed=1)
        queries = codes_around_centers(QUERIES, centers, seed=2)
        rows = {engine: measured(engine, codes, queries) for engine in options.engines}
        exact = rows[options.engines[0]][1]
        flat = rows["flat"][0][2] if "flat" in rows else float("nan")
        for engine, ((built, memory, each), distances) in rows.items():
            print(
                f"| {size:,} | {engine} | {built:.2f} | {memory:.0f} | {each:.3f} | "
                f"{each / flat:.2f} | {100 * found(distances, exact):.1f} % |",
                flush=True,
            )


if __name__ == "__main__":
    main()
