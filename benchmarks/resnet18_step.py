"""A training step of ResNet18 on a CPU or a GPU, against the same in PyTorch.

    python -m benchmarks.resnet18_step --peer-python OTHER/bin/python [--size 299] [--batch-size 64]
    python -m benchmarks.resnet18_step --ways xla mixed,xla mixed,xla,deterministic

Forward, backward and AdamW update of cross-entropy over 200 classes on the same random pictures.
Ours is stage 1 of the recipes, compiled as they compile it. The peer is torchvision's ResNet18 in
the environment of `--peer-python`. Ways are options of a step, joined by commas:

- of both: `tf32` (convolutions; multiplications in 10 bits), `mixed` (float16 activations)
- ours: `xla`, `deterministic`
- the peer's: `channels_last`, `compile`

Each way runs in a process of its own, on as many threads as there are cores; rounds take turns, so
that what else the machine does hits all of them. Times are medians of the rounds, the ratio is that
to our plain float32 step: above 1 is slower. On a GPU the most memory that was held, and the share
of the time in which the card was busy (nvidia-smi, over the rounds), are shown too.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

CLASSES = 200
OURS, PEER = "tensorflow", "torch"
# Without a GPU the other ways gain nothing: there are no units for them.
ON_A_CPU = (["", "xla"], ["", "channels_last"])
ON_A_GPU = (
    ["", "tf32", "xla", "tf32,xla", "mixed", "mixed,xla", "mixed,xla,deterministic"],
    ["", "tf32", "channels_last,tf32", "channels_last,mixed", "channels_last,mixed,compile"],
)
Ready = tuple[str, Callable[[], float], Callable[[], float]]


def tensorflow_step(size: int, batch_size: int, ways: set[str]) -> Ready:
    """Versions, a step that returns its loss, and the most bytes held."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
    import keras
    import numpy as np
    import tensorflow as tf

    from tfretrieval.backbones import resnet18
    from tfretrieval.models import classifier

    gpus = tf.config.list_physical_devices("GPU")
    tf.config.threading.set_intra_op_parallelism_threads(os.cpu_count() or 1)
    tf.config.experimental.enable_tensor_float_32_execution("tf32" in ways)
    if "deterministic" in ways or not gpus:
        tf.config.experimental.enable_op_determinism()
    tf.keras.mixed_precision.set_global_policy("mixed_float16" if "mixed" in ways else "float32")
    tf.keras.utils.set_random_seed(0)
    model = classifier(resnet18((size, size, 3)), CLASSES)
    model.compile(
        tf.keras.optimizers.AdamW(1e-3, weight_decay=0.05),
        tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile="xla" in ways,
    )
    generator = np.random.default_rng(0)
    pixels = generator.uniform(0, 255, (batch_size, size, size, 3)).astype(np.float32)
    images, labels = tf.constant(pixels), tf.constant(np.arange(batch_size) % CLASSES)

    def held() -> float:
        return tf.config.experimental.get_memory_info("GPU:0")["peak"] if gpus else 0.0

    versions = f"TensorFlow {tf.__version__}, Keras {keras.__version__}"
    return versions, lambda: float(model.train_on_batch(images, labels)), held


def torch_step(size: int, batch_size: int, ways: set[str]) -> Ready:
    """The same of the peer."""
    import torch
    import torchvision

    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_num_threads(os.cpu_count() or 1)
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = "tf32" in ways
    torch.manual_seed(0)
    layout = torch.channels_last if "channels_last" in ways else torch.contiguous_format
    model = torchvision.models.resnet18(num_classes=CLASSES).to(device, memory_format=layout)
    run = torch.compile(model.train()) if "compile" in ways else model.train()
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3, weight_decay=0.05)
    scaler = torch.amp.GradScaler(device, enabled="mixed" in ways)
    images = torch.randn(batch_size, 3, size, size).to(device, memory_format=layout)
    labels = (torch.arange(batch_size) % CLASSES).to(device)

    def step() -> float:
        optimizer.zero_grad()
        with torch.autocast(device, torch.float16, enabled="mixed" in ways):
            loss = torch.nn.functional.cross_entropy(run(images), labels)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        return loss.item()

    def held() -> float:
        return torch.cuda.max_memory_allocated() if device == "cuda" else 0.0

    return f"PyTorch {torch.__version__}, torchvision {torchvision.__version__}", step, held


def serve(name: str, size: int, batch_size: int, ways: set[str]) -> None:
    """Prints the versions after two steps, then for every number of steps read the seconds of one
    and the most bytes held."""
    make = tensorflow_step if name == OURS else torch_step
    versions, step, held = make(size, batch_size, ways)
    for _ in range(2):
        step()
    print(json.dumps(versions), flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        for _ in range(int(line)):
            step()
        print(json.dumps([(time.perf_counter() - start) / int(line), held()]), flush=True)


class Server:
    """A process that does steps when it is asked to."""

    def __init__(self, python: str, name: str, ways: str, args: argparse.Namespace):
        self.title = " ".join([name, *filter(None, [ways])])
        self.times: list[float] = []
        self.busy: list[float] = []
        self.held = 0.0
        flags = ["--size", str(args.size), "--batch-size", str(args.batch_size)]
        self.process = subprocess.Popen(
            [python, "-m", "benchmarks.resnet18_step", "--serve", name, "--ways", ways, *flags],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.versions = self._answer()

    def measure(self, steps: int, gpu: bool) -> None:
        with watched() if gpu else contextlib.nullcontext([]) as busy:
            self.process.stdin.write(f"{steps}\n")
            self.process.stdin.flush()
            seconds, self.held = self._answer()
        self.times.append(seconds)
        self.busy += busy

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()

    def _answer(self):
        line = self.process.stdout.readline().strip()
        if not line:
            sys.exit(f"error: {self.title} ended early; its message stands above")
        return json.loads(line)


@contextlib.contextmanager
def watched() -> Iterator[list[float]]:
    """Shares of time in which the first card was busy, asked for until the body ends."""
    found: list[float] = []
    ended = threading.Event()
    command = [
        "nvidia-smi",
        "--id=0",
        "--query-gpu=utilization.gpu",
        "--format=csv,noheader,nounits",
    ]

    def ask() -> None:
        while not ended.wait(0.2):
            found.append(float(subprocess.run(command, capture_output=True, text=True).stdout))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield found
    finally:
        ended.set()
        asking.join()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peer-python", help="interpreter with torch and torchvision")
    parser.add_argument("--ways", nargs="+", help="of our step (default: what the machine has)")
    parser.add_argument("--peer-ways", nargs="+", help="of the peer's")
    parser.add_argument("--size", type=int, default=299, help="pixels of a side")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=2, help="of a round")
    parser.add_argument("--serve", choices=(OURS, PEER), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        serve(args.serve, args.size, args.batch_size, set(filter(None, args.ways[0].split(","))))
        return
    gpu = subprocess.run("nvidia-smi -L", shell=True, capture_output=True, text=True).stdout.strip()
    ours, peers = ON_A_GPU if gpu else ON_A_CPU
    # The plain step first: all ratios are to it.
    ours = ["", *(args.ways or ours[1:])]
    peers = (args.peer_ways or peers) if args.peer_python else []
    servers = [Server(sys.executable, OURS, ways, args) for ways in ours]
    servers += [Server(args.peer_python, PEER, ways, args) for ways in peers]
    for _ in range(args.rounds):
        for server in servers:
            server.measure(args.steps, bool(gpu))
    print(
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} threads, {gpu or 'no GPU'}; "
        f"batch {args.batch_size} at {args.size} pixels, {args.rounds} rounds of {args.steps} steps"
    )
    print("| step | ms | pictures a second | against ours, plain | most held, GiB | busy, % |")
    print("|---|---|---|---|---|---|")
    for server in servers:
        server.close()
        each = statistics.median(server.times)
        ratios = [a / b for a, b in zip(server.times, servers[0].times, strict=True)]
        told = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        held = f"{server.held / 2**30:.2f}" if gpu else "-"
        busy = f"{statistics.mean(server.busy):.0f}" if server.busy else "-"
        rate = args.batch_size / each
        print(f"| {server.title} | {1000 * each:.0f} | {rate:.1f} | {told} | {held} | {busy} |")
    print("; ".join(dict.fromkeys(server.versions for server in servers)))


if __name__ == "__main__":
    main()
