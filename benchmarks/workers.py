"""Seconds of an epoch of stage 1 by one, two and three workers, and how far their weights differ.

    python -m benchmarks.workers            # three trainings on this machine: some minutes on a CPU

Each training is `recipes.common.training.train_classifier` on `drawn_birds/demo`: ResNet18-I with
`--width` channels, pictures of `--image-size`, the same global batch, seed and order. Workers are
processes on this machine that meet on the loopback: they share its cores, so that the table shows
what working together costs, and no speed. The first epoch, in which the graph is traced, is not
counted. Differences are to one worker: of the loss of the first and of the last epoch, and the
largest of a trained weight. What rounding alone does to them, one worker without oneDNN shows,
whose sums come in another order.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np


def one(folder: Path, options: argparse.Namespace) -> None:
    """Trains, as one of the workers of `TF_CONFIG`."""
    import tfretrieval as tfr
    from recipes.common.data import open_data
    from recipes.common.networks import backbone
    from recipes.common.recipe import opened
    from recipes.common.settings import HashSettings
    from recipes.common.training import train_classifier
    from tfretrieval.run_folder import RunFolder
    from tfretrieval.worker_watch import watched

    config = HashSettings(
        dataset="drawn_birds/demo",
        image_size=options.image_size,
        width=options.width,
        weights="none",
        epochs=options.epochs,
        batch_size=options.batch_size,
        per_class=options.per_class,
        mixed_precision=options.mixed_precision,
        deterministic=True,
    )
    with watched(folder):
        run = opened(config, RunFolder(folder, config), open_data)
        model, history = train_classifier(
            run,
            run.data.records,
            run.data.fit,
            "network",
            lambda: tfr.models.classifier(backbone("resnet18_i", config), run.data.num_classes),
        )
    if run.folder.workers.is_chief:
        trained = [np.asarray(weight) for weight in model.trainable_weights]
        np.savez(folder / "trained.npz", *trained)
        told = {"loss": history["loss"].tolist(), "seconds": history["seconds"].tolist()}
        (folder / "history.json").write_text(json.dumps(told))


def loopback(count: int) -> tuple[list[str], list[str]]:
    """Names of so many workers on free ports of this machine, and the ``TF_CONFIG`` of each."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    names = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    tasks = [{"type": "worker", "index": index} for index in range(count)]
    return names, [json.dumps({"cluster": {"worker": names}, "task": task}) for task in tasks]


def together(count: int, folder: Path, flags: list[str], **environment: str) -> None:
    """So many workers, until all have ended."""
    command = [sys.executable, "-m", "benchmarks.workers", "--one", str(folder), *flags]
    started = []
    for config in loopback(count)[1]:
        settings = {**os.environ, "TF_CONFIG": config, **environment}
        started.append(subprocess.Popen(command, env=settings, stdout=subprocess.DEVNULL))
    if any([each.wait() for each in started]):
        sys.exit(f"{count} workers: one has failed, see above")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--per-class", type=int, default=2, help="pictures of a class in each part")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=24)
    parser.add_argument("--mixed-precision", action="store_true")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one(options.one, options)
        return
    print(
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, TensorFlow {version('tensorflow')}, NumPy {np.__version__}\n"
    )
    print(
        "| workers | seconds an epoch | difference of the first loss | of the last | of weights |"
    )
    print(
        "|---------|------------------|------------------------------|-------------|------------|"
    )
    first: tuple[list[np.ndarray], list[float]] | None = None
    plain = {"1, without oneDNN": (1, {"TF_ENABLE_ONEDNN_OPTS": "0"})}
    rows = {str(count): (count, dict[str, str]()) for count in options.workers}
    for name, (count, environment) in {**rows, **plain}.items():
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary) / "run"
            together(count, folder, sys.argv[1:], **environment)
            with np.load(folder / "trained.npz") as file:
                weights = [file[name] for name in file.files]
            told = json.loads((folder / "history.json").read_text())
        losses, seconds = told["loss"], float(np.mean(told["seconds"][1:]))
        first = first or (weights, losses)
        apart = [abs(losses[at] - first[1][at]) for at in (0, -1)]
        apart.append(max(np.abs(a - b).max() for a, b in zip(weights, first[0], strict=True)))
        shown = " | ".join(f"{each:.1e}" for each in apart)
        print(f"| {name} | {seconds:.2f} | {shown} |", flush=True)


if __name__ == "__main__":
    main()
