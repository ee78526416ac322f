"""What stage 2 costs on the frozen network, and what loss and mining cost in a training step.

    python -m benchmarks.stage2             # ResNet18-I, 299 pixels: some minutes on a CPU

The peer is the network itself, measured in the same run. A pass is `predict` over the 11,788
pictures of CUB-200-2011, its time taken from `--pictures` of them; stage 2 is that pass and the
training of one adaptive-triplet head on 5,994 cached features, 90 epochs, mined every 3. The step
is forward, backward and update of the whole network on `--batch-size` pictures with the in-batch
adaptive loss; mining is shared out over the steps of 3 epochs. Features and pictures are random:
time does not depend on what they show.
"""

import argparse
import os
import platform
import statistics
import time
from importlib.metadata import version

# Before TensorFlow: it leaves oneDNN off on CPUs without AVX-512.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from recipes.common.heads import HeadTask, train_triplet  # noqa: E402
from recipes.cub_triplet import Config  # noqa: E402
from tfretrieval.backbones import resnet18_i  # noqa: E402
from tfretrieval.losses import AdaptiveTripletLoss, InBatch  # noqa: E402
from tfretrieval.mining import hard_triplets  # noqa: E402
from tfretrieval.models import hash_encoder  # noqa: E402

ALL, TRAIN, CLASSES = 11_788, 5_994, 200


def seconds(call, rounds: int) -> float:
    """Median of some rounds after one that is not counted."""
    call()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=128)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    config = Config()
    rng = np.random.default_rng(0)
    print(
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, TensorFlow {version('tensorflow')}, NumPy {np.__version__}"
    )

    size = (config.image_size, config.image_size, 3)
    pictures = rng.uniform(0, 255, (args.pictures, *size)).astype(np.float32)
    backbone = resnet18_i(size, config.width)
    encoder = hash_encoder(backbone, config.bits)
    batch = args.batch_size
    one_pass = seconds(lambda: encoder.predict(pictures, batch_size=batch, verbose=0), args.rounds)
    one_pass *= ALL / args.pictures
    print(f"one pass of {ALL} pictures: {one_pass:.0f} s ({ALL / one_pass:.1f} pictures/s)")

    labels = (np.arange(TRAIN) % CLASSES).astype(np.int32)
    features = rng.standard_normal((TRAIN, 8 * config.width)).astype(np.float32)
    task = HeadTask(features, labels, np.arange(TRAIN), CLASSES, True, evaluate=lambda codes: {})
    head = train_triplet(task, config, AdaptiveTripletLoss(), "mined")["seconds"]
    print(
        f"one head, {config.hash_epochs} epochs: {head:.0f} s; stage 2 = "
        f"{1 + head / one_pass:.2f} passes (aim: at most 1.2)"
    )

    loss = InBatch(AdaptiveTripletLoss("batch"), "all")
    encoder.compile("adam", loss, jit_compile=False)
    targets = (np.arange(batch) % (batch // 2)).astype(np.int32)
    step = seconds(lambda: encoder.train_on_batch(pictures[:batch], targets), args.rounds)
    codes = tf.constant(rng.uniform(-1, 1, (batch, config.bits)).astype(np.float32))

    @tf.function
    def loss_and_gradient():
        with tf.GradientTape() as tape:
            tape.watch(codes)
            value = loss(targets, codes)
        return value, tape.gradient(value, codes)

    loss_time = seconds(loss_and_gradient, 20)
    embeddings = rng.uniform(-1, 1, (TRAIN, config.bits)).astype(np.float32)
    mining = seconds(lambda: hard_triplets(embeddings, labels, config.beta), args.rounds)
    share = loss_time + mining / (config.remine * TRAIN // batch)
    print(
        f"training step of {batch} pictures: {step:.2f} s; loss and its gradient "
        f"{1000 * loss_time:.2f} ms, mining {TRAIN} x {config.bits} {mining:.2f} s every "
        f"{config.remine} epochs: {100 * share / step:.2f} % of the step (aim: at most 1)"
    )
    large = rng.uniform(-1, 1, (ALL, config.bits)).astype(np.float32)
    all_labels = np.arange(ALL) % CLASSES
    whole = seconds(lambda: hard_triplets(large, all_labels, config.beta), args.rounds)
    print(f"mining {ALL} x {config.bits}: {whole:.2f} s")


if __name__ == "__main__":
    main()
