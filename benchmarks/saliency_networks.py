"""Where networks look that need no download: boxes against the true ones.

    python -m benchmarks.saliency_networks RUN REMEDIES [--pictures 300]

RUN is a finished run of `recipes.cub_triplet --demo`, REMEDIES one of `recipes.saliency_remedies`
(a single seed): the first holds the network trained on the target, the second the one pretrained on
single objects. The Inception networks have random weights here; what they see is what the layout of
a network sees by itself. Everything is measured on queries of drawn_birds/demo; nothing is chosen.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from data_pipelines import catalogue, steps  # noqa: E402
from tfretrieval import backbones, models, saliency  # noqa: E402
from tfretrieval.evaluation import centre_boxes, localization  # noqa: E402

ALPHAS = (0.4, "mean")


def trained(run: Path) -> tf.keras.Model:
    """The ResNet18 that a run trained on whole pictures."""
    config = json.loads((run / "config.json").read_text())
    classes = json.loads((run / "data.json").read_text())["classes"]
    size = (config["image_size"], config["image_size"], 3)
    network = models.classifier(backbones.resnet18(size, config["width"]), classes)
    with np.load(run / "resnet18" / "stage1.npz") as file:
        network.set_weights([file[f"weight_{i}"] for i in range(len(network.get_weights()))])
    return network


def localizers(run: Path, remedies: Path) -> Iterator[tuple[str, saliency.Localizer]]:
    stage1, objects = trained(run), trained(remedies / "source")
    tf.keras.utils.set_random_seed(0)
    yield "stage 1, 4x4", saliency.Localizer(stage1, "stage4_block2_out")
    yield "stage 1, 8x8", saliency.Localizer(stage1, "stage3_block2_out")
    yield "stage 1, class maps", saliency.ClassActivationLocalizer(stage1)
    yield "pretrained on objects, 4x4", saliency.Localizer(objects, "stage4_block2_out")
    yield "pretrained on objects, 8x8", saliency.Localizer(objects, "stage3_block2_out")
    yield "ResNet18, random", saliency.Localizer(backbones.resnet18((224, 224, 3)))
    yield "Inception-v3, random", saliency.Localizer(backbones.inception_v3())
    yield "Inception-ResNet-v2, random", saliency.Localizer(backbones.inception_resnet_v2())


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("remedies", type=Path)
    parser.add_argument("--pictures", type=int, default=300)
    args = parser.parse_args()
    data = catalogue.load("drawn_birds/demo")
    part = np.sort(np.random.default_rng(0).permutation(data.query)[: args.pictures])
    assert data.records.boxes is not None
    truth = data.records.boxes[part]

    def line(name: str, boxes: np.ndarray, milliseconds: str = "-") -> None:
        row = localization(boxes, truth)
        figures = (row.mean_iou, row.share_above_half, row.object_covered, row.area)
        print(f"| {name} | {' | '.join(f'{100 * f:.1f}' for f in figures)} | {milliseconds} |")

    print(f"{len(part)} queries of drawn_birds/demo, TensorFlow {tf.__version__}\n")
    print("| boxes | mean IoU | IoU > 0.5 | object covered | box area | ms a picture |")
    print("|---|---|---|---|---|---|")
    line("whole picture", centre_boxes(len(part), 1))
    line("centre 70 %", centre_boxes(len(part)))
    for name, localizer in localizers(args.run, args.remedies):
        batches = steps.eval_batches(
            data.records, part, image_size=localizer.image_size, batch_size=20
        )
        look = tf.function(localizer)
        look(next(iter(batches))[0])
        start = time.monotonic()
        maps = np.concatenate([look(pictures).numpy() for pictures, _ in batches])
        milliseconds = f"{1000 * (time.monotonic() - start) / len(part):.1f}"
        for grey, levels in {"": maps, ", viridis": saliency.viridis_luma(maps).numpy()}.items():
            for alpha in ALPHAS:
                boxes = saliency.boxes(levels, alpha).numpy()
                line(f"{name}, alpha {alpha}{grey}", boxes, milliseconds)


if __name__ == "__main__":
    main()
