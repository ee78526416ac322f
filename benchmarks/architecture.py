"""What the Inception-ResNet-C block adds to ResNet18: size, arithmetic, time (Pan et al. 2021).

    python -m benchmarks.architecture       # some minutes on a CPU
    python -m benchmarks.architecture --batch-size 8 --rounds 5

The table gives every stage's output, parameters and multiply-adds of one picture. Time is that of a
training step of stage 1 (forward, backward, AdamW) on random pictures in memory, the two networks
in turn; an epoch is as many steps as CUB-200-2011's 5,994 training pictures give. The peer is
ResNet18.
"""

import argparse
import os
import platform
import statistics
import time
from importlib.metadata import version

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# Before TensorFlow: it leaves oneDNN off on CPUs without AVX-512.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from recipes.common.report import markdown  # noqa: E402
from tfretrieval.backbones import resnet18, resnet18_i  # noqa: E402
from tfretrieval.inspection import stage_table  # noqa: E402
from tfretrieval.models import classifier  # noqa: E402

NETWORKS = {"ResNet18": resnet18, "ResNet18-I": resnet18_i}
TRAIN, CLASSES = 5_994, 200


def stages(models) -> None:
    tables = {name: {s.name: s for s in stage_table(model)} for name, model in models.items()}
    body, last = [], tables["ResNet18-I"]
    for name, stage in last.items():
        shape = " x ".join(map(str, stage.output_shape))
        cells = [
            f"{getattr(stages[name], figure):,}" if name in stages else "-"
            for figure in ("parameters", "multiply_adds")
            for stages in tables.values()
        ]
        body.append([name, shape, *cells])
    sums = {
        figure: [sum(getattr(s, figure) for s in stages.values()) for stages in tables.values()]
        for figure in ("parameters", "multiply_adds")
    }
    body.append(["together", "", *(f"{value:,}" for values in sums.values() for value in values)])
    heads = [f"{figure}, {name}" for figure in ("parameters", "multiply-adds") for name in models]
    print("\n".join(markdown(["stage", "output", *heads], body)))
    for figure, (plain, block) in sums.items():
        print(f"{figure}: {100 * (block / plain - 1):+.1f} % with the block")


def steps(models, batch_size: int, rounds: int) -> None:
    size = next(iter(models.values())).input_shape[1:]
    generator = np.random.default_rng(0)
    images = tf.constant(generator.uniform(0, 255, (batch_size, *size)), tf.float32)
    labels = tf.constant(generator.integers(0, CLASSES, batch_size))
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    for model in models.values():
        model.compile(tf.keras.optimizers.AdamW(1e-3), loss, jit_compile=False)
        for _ in range(2):
            model.train_on_batch(images, labels)
    times: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(rounds):
        for name, model in models.items():
            start = time.perf_counter()
            model.train_on_batch(images, labels)
            times[name].append(time.perf_counter() - start)
    plain = times["ResNet18"]
    for name, seconds in times.items():
        step = statistics.median(seconds)
        ratio = statistics.median(b / a for a, b in zip(plain, seconds, strict=True))
        print(
            f"{name}: {batch_size / step:.1f} pictures/s, {step * TRAIN / batch_size:.0f} s an "
            f"epoch of CUB, {ratio:.3f} of ResNet18"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--image-size", type=int, default=299)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    shape = (arguments.image_size, arguments.image_size, 3)
    models = {
        name: classifier(build(shape, arguments.width), CLASSES) for name, build in NETWORKS.items()
    }
    print(
        f"TensorFlow {version('tensorflow')}, {platform.machine()}, {os.cpu_count()} cores; "
        f"{arguments.image_size} pixels, batch {arguments.batch_size}, {arguments.rounds} rounds"
    )
    stages(models)
    steps(models, arguments.batch_size, arguments.rounds)


if __name__ == "__main__":
    main()
