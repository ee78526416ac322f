"""Time and memory of every stage behind the network, by the number of pictures.

    python -m benchmarks.growth                            # 10^4 and 10^5: some minutes
    python -m benchmarks.growth --sizes 1000000 --stages mining --out million.json

Data are random, of the shapes that a run has: JPEG pictures of 32 x 32 (audit), features of 1,280
numbers (written a part at a time by `data_pipelines.mapped`, opened and read once), the same as a
finished step of a run (written in blocks, then into its file, which is mapped), their mean and
spread, one epoch of triplets gathered from the file (stage 2), codes of 64 numbers in classes of a
hundred (mining), and two hundred queries of 64 bits in classes of a hundred (evaluation, to 10^7).
The networks are left out: a pass is so many pictures a second whatever N is. Each cell runs in a
process of its own. Seconds are those of the processor, of all threads together and without making
the data: those of the clock depend on who else is there. Memory is the most that the process
holds of its own (RssAnon, looked at every 5 ms) beyond what it held when its data
were there: pages of a file that is mapped belong to the system, which drops them as it needs.
The exponent is the slope of log(seconds) over log(N) between the last two sizes: 1 is linear.
"""

import argparse
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

WIDTH, BITS, CLASS, QUERIES, BATCH = 1280, 64, 100, 200, 256
STEP = 8192
# Rows that a pass of a run holds, as of recipes.common.training.
HELD = 16384
# What is done with N pictures once its data are there.
Work = Callable[[], object]


def audit(n: int, folder: Path) -> Work:
    import io

    from PIL import Image

    from data_pipelines.audit import readable
    from data_pipelines.records import Records

    # Of another cache, so that nothing is known of them.
    os.environ["XDG_CACHE_HOME"] = str(folder)
    stream = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    Image.fromarray(noise).save(stream, "JPEG")
    # What stands behind the end of a JPEG tells one from the other.
    blobs = tuple(stream.getvalue() + at.to_bytes(8, "little") for at in range(n))
    ids = [f"{at:09d}.jpg" for at in range(n)]
    records = Records(ids=ids, labels=np.zeros(n, np.int32), class_names=("a",), blobs=blobs)
    return lambda: readable(records, "growth", progress=False)


def features(n: int, folder: Path) -> Work:
    def work() -> None:
        found = _features(n, folder)
        for start in range(0, n, STEP):
            found[start : start + STEP].sum()

    return work


def step(n: int, folder: Path) -> Work:
    from dataclasses import make_dataclass

    from data_pipelines.mapped import in_blocks
    from tfretrieval.run_folder import RunFolder

    part = np.random.default_rng(0).standard_normal((HELD, WIDTH), dtype=np.float32)
    run = RunFolder(folder / "run", make_dataclass("Settings", [])())

    def compute() -> dict[str, np.ndarray]:
        return in_blocks(run / "net", n, HELD, lambda start, stop: {"x": part[: stop - start]})

    def work() -> None:
        found = run.step("net/features", compute)["x"]
        for start in range(0, n, STEP):
            found[start : start + STEP].sum()

    return work


def statistics(n: int, folder: Path) -> Work:
    from data_pipelines.standardized import Standardized

    found = _features(n, folder)
    return lambda: Standardized(found, np.arange(n), True)


def stage2(n: int, folder: Path) -> Work:
    import tensorflow as tf

    from data_pipelines.standardized import BLOCK, Standardized

    # Mean and spread are a stage of their own: here of as many as are read at once.
    inputs = Standardized(_features(n, folder), np.arange(min(n, BLOCK)), True)
    triplets = np.random.default_rng(0).integers(0, n, (n // BATCH, BATCH, 3))

    def work() -> None:
        for _ in tf.data.Dataset.from_tensor_slices(triplets).map(inputs.gather(np.arange(n))):
            pass

    return work


def mining(n: int, folder: Path) -> Work:
    from tfretrieval.mining import hard_triplets

    codes = np.random.default_rng(0).standard_normal((n, BITS), dtype=np.float32)
    labels = np.arange(n) // CLASS
    return lambda: hard_triplets(codes, labels)


def evaluation(n: int, folder: Path) -> Work:
    from tfretrieval.evaluation import hamming_retrieval

    rng = np.random.default_rng(0)
    codes = rng.integers(0, 256, (n, BITS // 8), dtype=np.uint8)
    labels = rng.integers(0, max(1, n // CLASS), n)
    of_queries = rng.integers(0, n, QUERIES)
    queries = codes[of_queries], labels[of_queries]
    return lambda: hamming_retrieval(*queries, codes, labels, bits=BITS)


STAGES = (audit, features, step, statistics, stage2, mining, evaluation)


def _features(n: int, folder: Path) -> np.ndarray:
    from data_pipelines.mapped import mapped

    part = np.random.default_rng(0).standard_normal((STEP, WIDTH), dtype=np.float32)
    rows = mapped(folder / "features", n, STEP, lambda start, stop: {"x": part[: stop - start]})
    return rows["x"]


def own_memory() -> int:
    """Bytes that the process holds of its own."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return 1024 * int(line.split()[1])
    raise SystemExit("this system does not tell RssAnon: run on Linux")


def measure(stage: str, n: int) -> dict[str, Any]:
    """One cell, in this process."""
    with tempfile.TemporaryDirectory() as folder:
        work = globals()[stage](n, Path(folder))
        before = peak = own_memory()
        done = threading.Event()

        def watch() -> None:
            nonlocal peak
            while not done.wait(0.005):
                peak = max(peak, own_memory())

        watcher = threading.Thread(target=watch)
        watcher.start()
        start = time.process_time()
        work()
        seconds = time.process_time() - start
        done.set()
        watcher.join()
        peak = max(peak, own_memory())
    return {"stage": stage, "n": n, "seconds": seconds, "bytes": peak - before}


def exponent(cells: list[dict[str, Any]]) -> float:
    """Slope of log(seconds) over log(N) between the last two cells."""
    first, last = cells[-2:]
    return math.log(last["seconds"] / first["seconds"]) / math.log(last["n"] / first["n"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [stage.__name__ for stage in STAGES]
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--stages", nargs="+", choices=names, default=names)
    parser.add_argument("--out", type=Path, help="a JSON file of the cells, for scale_plan")
    parser.add_argument("--cell", action="store_true", help="one stage, one size, in this process")
    args = parser.parse_args()
    if args.cell:
        print(json.dumps(measure(args.stages[0], args.sizes[0])))
        return
    print(
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, NumPy {np.__version__}"
    )
    head = [f"{n:.0e}, seconds | MiB" for n in sorted(args.sizes)]
    print("| stage | " + " | ".join(head) + " | exponent |")
    print("|" + "---|" * (2 * len(head) + 2))
    cells = []
    for stage in args.stages:
        row = []
        for n in sorted(args.sizes):
            command = [sys.executable, "-m", "benchmarks.growth", "--cell"]
            told = ["--stages", stage, "--sizes", str(n)]
            done = subprocess.run([*command, *told], check=True, stdout=subprocess.PIPE)
            row.append(json.loads(done.stdout.splitlines()[-1]))
            cells.append(row[-1])
            if args.out:
                args.out.write_text(json.dumps(cells))
        shown = [f"{cell['seconds']:.3g} | {cell['bytes'] / 2**20:.0f}" for cell in row]
        slope = f"{exponent(row):.2f}" if len(row) > 1 else "-"
        print(f"| {stage} | " + " | ".join(shown) + f" | {slope} |", flush=True)


if __name__ == "__main__":
    main()
