"""A training step of ResNet18, against the same in PyTorch.

    python -m benchmarks.resnet18_step --peer-python OTHER/bin/python [--size 299] [--batch-size 16]

Forward, backward and AdamW update of cross-entropy over 200 classes, in float32, on the same random
pictures and as many threads as there are cores. Ours is stage 1 of the recipes, compiled as they
compile it. The peer is torchvision's ResNet18 in the environment of `--peer-python`, as it is built
and with the layout `channels_last`. Each runs in a process of its own; rounds take turns, so that
what else the machine does hits all of them. Times are medians of the rounds, a ratio above 1 means
that ours is slower.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

CLASSES = 200
OURS, PEERS = "tensorflow", ("torch", "torch_channels_last")


def tensorflow_step(size: int, batch_size: int, threads: int) -> tuple[str, Callable[[], float]]:
    """Versions, and a step that returns its loss."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
    import keras
    import numpy as np
    import tensorflow as tf

    from tfretrieval.backbones import resnet18
    from tfretrieval.models import classifier

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.experimental.enable_op_determinism()
    tf.keras.utils.set_random_seed(0)
    model = classifier(resnet18((size, size, 3)), CLASSES)
    model.compile(
        tf.keras.optimizers.AdamW(1e-3, weight_decay=0.05),
        tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    generator = np.random.default_rng(0)
    images = generator.uniform(0, 255, (batch_size, size, size, 3)).astype(np.float32)
    images, labels = tf.constant(images), tf.constant(np.arange(batch_size) % CLASSES)
    versions = f"TensorFlow {tf.__version__}, Keras {keras.__version__}"
    return versions, lambda: float(model.train_on_batch(images, labels))


def torch_step(
    size: int, batch_size: int, threads: int, channels_last: bool
) -> tuple[str, Callable[[], float]]:
    """The same of the peer."""
    import torch
    import torchvision

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    model = torchvision.models.resnet18(num_classes=CLASSES).to(memory_format=layout).train()
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3, weight_decay=0.05)
    images = torch.randn(batch_size, 3, size, size).to(memory_format=layout)
    labels = torch.arange(batch_size) % CLASSES

    def step() -> float:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return f"PyTorch {torch.__version__}, torchvision {torchvision.__version__}", step


def serve(name: str, size: int, batch_size: int, threads: int) -> None:
    """Prints the versions after two steps, then seconds a step for every number of steps read."""
    if name == OURS:
        versions, step = tensorflow_step(size, batch_size, threads)
    else:
        versions, step = torch_step(size, batch_size, threads, name.endswith("channels_last"))
    for _ in range(2):
        step()
    print(versions, flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        for _ in range(int(line)):
            step()
        print((time.perf_counter() - start) / int(line), flush=True)


class Server:
    """A process that does steps when it is asked to."""

    def __init__(self, python: str, name: str, args: argparse.Namespace):
        self.times: list[float] = []
        flags = ["--size", str(args.size), "--batch-size", str(args.batch_size)]
        self.process = subprocess.Popen(
            [python, "-m", "benchmarks.resnet18_step", "--serve", name, *flags],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.versions = self._answer()

    def measure(self, steps: int) -> None:
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        self.times.append(float(self._answer()))

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()

    def _answer(self) -> str:
        line = self.process.stdout.readline().strip()
        if not line:
            sys.exit("error: a process ended early; its message stands above")
        return line


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer-python", help="interpreter with torch and torchvision")
    parser.add_argument("--size", type=int, default=299, help="pixels of a side")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=2, help="of a round")
    parser.add_argument("--serve", choices=(OURS, *PEERS), help=argparse.SUPPRESS)
    args = parser.parse_args()
    threads = os.cpu_count() or 1
    if args.serve:
        serve(args.serve, args.size, args.batch_size, threads)
        return
    if not args.peer_python:
        parser.error("--peer-python is needed: an interpreter that has torch and torchvision")
    servers = {OURS: Server(sys.executable, OURS, args)}
    servers |= {name: Server(args.peer_python, name, args) for name in PEERS}
    for _ in range(args.rounds):
        for server in servers.values():
            server.measure(args.steps)
    print(
        f"{platform.system()} {platform.machine()}, {threads} threads; "
        f"batch {args.batch_size} at {args.size} pixels, {args.rounds} rounds of {args.steps} steps"
    )
    ours = servers[OURS].times
    for name, server in servers.items():
        server.close()
        ratios = [a / b for a, b in zip(ours, server.times, strict=True)]
        print(
            f"{name:20} {1000 * statistics.median(server.times):7.0f} ms, ours / this "
            f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})  "
            f"{server.versions}"
        )


if __name__ == "__main__":
    main()
