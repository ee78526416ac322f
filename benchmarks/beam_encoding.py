"""What Beam costs beside the indexing of one machine, and whether the bits are the same.

    python -m benchmarks.beam_encoding --images CUB_200_2011/images [--pictures 1024] [--rounds 2]

Pictures drawn from a folder, and an exported model: EfficientNet-Lite0 with ImageNet's weights and
64 bits that are fitted to some of them (PCA-ITQ). By turns they are encoded by ``index_folder``,
which is what ``tfretrieval.search index`` does, and by ``data_pipelines.encode`` in this process;
last by the latter in several processes. The first two hold the loaded model already; processes
start and load it in the time that is told. Bits that differ from the first's are counted.
"""

import argparse
import os
import platform
import shutil
import statistics
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

import apache_beam  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from data_pipelines.code_shards import load  # noqa: E402
from data_pipelines.encode import encode  # noqa: E402
from data_pipelines.shard_encoding import encoder_of  # noqa: E402
from tfretrieval.backbones.networks import network  # noqa: E402
from tfretrieval.encoders.indexing import index_folder, pictures_below  # noqa: E402
from tfretrieval.export import encoding_module, export_encoder  # noqa: E402
from tfretrieval.fitting import IterativeQuantization  # noqa: E402
from tfretrieval.search import PictureIndex  # noqa: E402

BITS, SIDE, FITTED_ON, BATCH = 64, 224, 256, 64
PLAIN = "`index_folder`"


def drawn(images: Path, count: int, folder: Path) -> list[Path]:
    """So many pictures of all folders, copied below another one."""
    names = pictures_below(images)
    for number in np.sort(np.random.default_rng(0).permutation(len(names))[:count]):
        target = folder / names[number]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(images / names[number], target)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def export(pictures: list[Path], folder: Path) -> None:
    """A model that needs no training."""
    backbone = network("efficientnet_lite0").build((SIDE, SIDE, 3), weights="imagenet")
    pooled = tf.keras.layers.GlobalAveragePooling2D()(backbone.output)
    looks = encoding_module(tf.keras.Model(backbone.input, pooled), SIDE)
    some = [path.read_bytes() for path in pictures[:: -(-len(pictures) // FITTED_ON)]]
    features = np.concatenate(
        [
            looks.encode_bytes(tf.constant(some[start : start + BATCH]))["codes"]
            for start in range(0, len(some), BATCH)
        ]
    )
    fitted = IterativeQuantization(BITS, random_state=0).fit(features)
    last = tf.keras.layers.Dense(BITS)
    codes = last(pooled)
    last.set_weights([fitted.kernel_, -fitted.mean_ @ fitted.kernel_])
    export_encoder(tf.keras.Model(backbone.input, codes), folder, SIDE)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--pictures", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        pictures = drawn(options.images, options.pictures, work / "pictures")
        export(pictures, work / "savedmodel")
        encoder = encoder_of(str(work / "savedmodel"))
        # The first call builds what later ones use.
        encoder.encode([path.read_bytes() for path in pictures[:BATCH]])
        about = encoder.bits, encoder.dimensions, encoder.fingerprint, encoder.described()

        def plainly(out: Path) -> tuple[float, np.ndarray]:
            index = PictureIndex.create(out, work / "pictures", *about)
            done = index_folder(index, encoder, batch_size=BATCH)
            return done.seconds, np.array(index.codes)

        def by_beam(out: Path, *arguments: str) -> tuple[float, np.ndarray]:
            done = encode(
                work / "savedmodel",
                work / "pictures",
                out,
                batch_size=BATCH,
                shards=4,
                beam_arguments=arguments,
            )
            return done.seconds, load(out).arrays()[0]

        several = (
            "--direct_running_mode=multi_processing",
            f"--direct_num_workers={options.processes}",
        )
        # Seconds and codes of each round.
        rows: dict[str, list[tuple[float, np.ndarray]]] = {PLAIN: [], "Beam, in this process": []}
        for number in range(options.rounds):
            rows[PLAIN].append(plainly(work / f"index-{number}"))
            rows["Beam, in this process"].append(by_beam(work / f"codes-{number}"))
        rows[f"Beam, {options.processes} processes"] = [by_beam(work / "several", *several)]
        shards = [*(work / "codes-0").glob("*.npz")]
        size = sum(path.stat().st_size for path in shards)
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores")
    print(
        f"TensorFlow {tf.__version__}, Beam {apache_beam.__version__}; {len(pictures):,} pictures"
    )
    print(f"medians of {options.rounds}; {len(shards)} shards, {size / len(pictures):.0f} bytes a "
          "picture\n")  # fmt: skip
    print("| encoded by | seconds | pictures a second | against the first | bits that differ |")
    print("|---|---|---|---|---|")
    _, expected = rows[PLAIN][0]
    base = statistics.median(seconds for seconds, _ in rows[PLAIN])
    for name, rounds in rows.items():
        median = statistics.median(seconds for seconds, _ in rounds)
        apart = sum(int(np.unpackbits(codes ^ expected).sum()) for _, codes in rounds)
        print(f"| {name} | {median:.0f} | {len(pictures) / median:.1f} | {base / median:.2f} | "
              f"{apart} of {BITS * len(pictures) * len(rounds):,} |")  # fmt: skip


if __name__ == "__main__":
    main()
