"""TensorFlow as a recipe wants it, and what it ran on."""

import dataclasses
import datetime
import glob
import hashlib
import importlib.metadata
import logging
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tensorflow as tf

from recipes.common.settings import RunSettings
from tfretrieval import distributed
from tfretrieval.run_folder import RunFolder, RunFolderError, difference
from tfretrieval.workers import from_environment

PACKAGES = ("tensorflow", "keras", "numpy", "pillow", "scikit-learn", "tensorflow-datasets")


def start(config: RunSettings) -> tf.distribute.Strategy:
    """Sets precision, determinism and GPU memory; returns the strategy to build models in.

    On a CPU the same seed gives the same bits. GPUs take memory as they need it, and several of
    them share every batch; their sums may differ in the last place from run to run, unless the
    configuration is ``deterministic``.
    """
    tf.get_logger().addFilter(_is_no_retracing)
    tf.keras.utils.set_random_seed(config.seed)
    policy = "mixed_float16" if config.mixed_precision else "float32"
    tf.keras.mixed_precision.set_global_policy(policy)
    gpus = tf.config.list_physical_devices("GPU")
    # TF32 is too coarse for distances between near codes, and for the signs of small values.
    tf.config.experimental.enable_tensor_float_32_execution(False)
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    if config.deterministic or not gpus:
        tf.config.experimental.enable_op_determinism()
    device = f"{len(gpus)} GPU" if gpus else "the CPU"
    print(f"TensorFlow {tf.__version__} on {device}", flush=True)
    return distributed.begin(_step(config), len(gpus))


def record(config: RunSettings, folder: RunFolder) -> None:
    """Writes ``environment.json``; a run that has begun on other versions does not go on.

    Raises:
        RunFolderError: Python, a package or a file of weights differs from what the finished steps
            ran on, or settings or these from the chief's of several workers.
    """
    now = environment(config)
    folder.agree()
    began = (folder / "environment.json").exists() and folder.has_steps
    if began or not folder.workers.is_chief:
        before = folder.read_json("environment.json")
        told = difference(_what_counts(before), _what_counts(now))
        if told:
            raise RunFolderError(
                f"{folder.path} began with other versions or files ({told}): go on with those, or "
                "choose another --run-dir"
            )
    else:
        folder.write_json("environment.json", now)


def verbosity() -> int:
    """Keras's ``verbose``: a bar on a terminal, a line an epoch in a log."""
    return 1 if sys.stdout.isatty() else 2


def environment(config: RunSettings) -> dict[str, Any]:
    """Versions, devices, commit, date, and digests of files that are settings, for
    ``environment.json``."""
    return {
        **from_environment().told(_step(config), config.learning_rate),
        "date": datetime.date.today().isoformat(),
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "devices": [device.device_type for device in tf.config.list_physical_devices()],
        "commit": _commit(),
        "files": {name: _digest(path) for name, path in _files(config)},
    }


def _step(config: RunSettings) -> int:
    """What all workers take together in a step: pictures, of sketch recipes of each domain."""
    return int(getattr(config, "per_domain", config.batch_size))


def _what_counts(environment: dict[str, Any]) -> dict[str, Any]:
    """What may not change in a run."""
    return {
        "Python": environment["python"],
        "devices": environment["devices"],
        "workers": environment.get("workers", "one"),
        **environment["packages"],
        **{f"--{name}": digest for name, digest in environment["files"].items()},
    }


def _files(config: RunSettings) -> Iterator[tuple[str, str]]:
    """Settings that name a file, the data apart, which have a checksum of their own."""
    for name, value in dataclasses.asdict(config).items():
        if name == "weights" and "{" in value:
            for file in sorted(glob.glob(re.sub(r"\{\w+\}", "*", value))):
                yield f"weights {os.path.basename(file)}", file
        if name != "data_dir" and isinstance(value, str) and os.path.isfile(value):
            yield name.replace("_", "-"), value


def _digest(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]


def _commit() -> str:
    """The commit of this source tree, "unknown" outside a checkout."""
    here = Path(__file__).parent
    command = ["git", "-C", str(here), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.strip()


def _is_no_retracing(record: logging.LogRecord) -> bool:
    """A run trains several networks, each of which is traced once: no reason for a warning."""
    return "triggered tf.function retracing" not in record.getMessage()
