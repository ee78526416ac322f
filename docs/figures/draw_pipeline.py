"""Draws `docs/figures/pipeline.png`, figure 1 of Pan et al. 2021, with pictures, maps, features,
codes and distances of a finished run; the triplet is one of the hard ones, drawn at random.

python -m docs.figures.draw_pipeline RUN      # of `recipes.cub_triplet --demo`
"""

import argparse
import json
from pathlib import Path

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from benchmarks.saliency_networks import trained
from data_pipelines import catalogue
from tfretrieval import images, saliency
from tfretrieval.backbones import resnet18_i
from tfretrieval.mining import hard_triplets
from tfretrieval.models import hash_encoder
from tfretrieval.plots.saliency_sheet import FOUND

SEED = 0
# Inches: the figure, a picture, and the lower edges of the rows.
WIDTH, HEIGHT, SIDE = 12.75, 8.5, 1.7
LOOK, ENCODE, LEARN = 6.05, 3.3, 0.55
LEARNED, LINE = "#d6e6f4", "#555555"


class Sheet:
    """A page in inches, on which pictures, boxes and arrows are put."""

    def __init__(self):
        self.figure = Figure(figsize=(WIDTH, HEIGHT))
        self.page = self.figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(0, HEIGHT))
        self.page.axis("off")

    def row(self, y: float, title: str) -> None:
        self.page.text(0.3, y + SIDE + 0.42, title, fontsize=13, weight="bold", va="bottom")

    def picture(self, x: float, y: float, pixels, title: str, side: float = SIDE, **how) -> None:
        axis = self.figure.add_axes((x / WIDTH, y / HEIGHT, side / WIDTH, side / HEIGHT))
        axis.imshow(pixels, **{"interpolation": "nearest", **how})
        axis.set(xticks=[], yticks=[])
        axis.set_title(title, fontsize=10.5, pad=4)

    def box(self, x: float, y: float, text: str) -> None:
        self.page.text(
            x, y, text, ha="center", va="center", fontsize=10.5, linespacing=1.5,
            bbox={"boxstyle": "round,pad=0.6,rounding_size=0.2", "fc": LEARNED, "ec": "#444444"},
        )  # fmt: skip

    def arrow(self, start: float, end: float, y: float, text="", style="-|>") -> None:
        how = {"arrowstyle": style, "color": LINE, "lw": 1.6, "shrinkA": 0, "shrinkB": 0}
        self.page.annotate("", (end, y), (start, y), arrowprops=how)
        self.page.text((start + end) / 2, y + 0.08, text, ha="center", fontsize=10.5)

    def code(self, x: float, y: float, bits, title: str, side: float = SIDE) -> None:
        squares = bits.reshape(-1, 8)
        self.picture(x, y, squares, title, side, cmap="gray", vmin=0, vmax=1)
        axis = self.figure.axes[-1]
        axis.hlines(np.arange(0.5, len(squares) - 1), -0.5, 7.5, color="#999999", lw=0.6)
        axis.vlines(np.arange(0.5, 7), -0.5, len(squares) - 0.5, color="#999999", lw=0.6)


def hash_network(run: Path, config) -> tf.keras.Model:
    size = (config["image_size"], config["image_size"], 3)
    network = hash_encoder(resnet18_i(size, config["width"]), config["bits"])
    network.load_weights(run / "encoder.weights.h5")
    return network


def draw(run: Path) -> Figure:
    config = json.loads((run / "config.json").read_text())
    size, alpha = config["image_size"], config["alpha"]
    data = catalogue.load(config["dataset"])
    # The triplet: from all the mined ones, whose mean gap is the adaptive margin.
    with np.load(run / "codes.npz") as file:
        relaxed, labels = file["database_codes"], file["database_labels"]
        ids = file["database_ids"]
    triplets = hard_triplets(relaxed, labels, config["beta"], SEED)
    anchors, positives, negatives = relaxed[triplets.T]
    to_positive = np.linalg.norm(anchors - positives, axis=1)
    to_negative = np.linalg.norm(anchors - negatives, axis=1)
    chosen = np.random.default_rng(SEED).integers(len(triplets))
    margin = (to_negative - to_positive).mean()
    gap = to_negative[chosen] - to_positive[chosen]
    loss = 1 - tf.sigmoid(float(gap - margin)).numpy()

    # Anchor, positive, negative on their way.
    number = {name: i for i, name in enumerate(data.records.ids)}
    contents = [data.records.read(number[ids[i]]) for i in triplets[chosen]]
    localizer = saliency.Localizer(trained(run))
    whole = np.stack([images.load(content, localizer.image_size) for content in contents])
    maps = localizer(whole)
    grey = tf.image.resize(maps[..., None], [saliency.MAX_SIDE] * 2)[0, ..., 0]
    mask = saliency.masks(maps, alpha)[0]
    boxes = saliency.boxes(maps, alpha).numpy()
    crops = np.stack(
        [images.load(content, size, box) for content, box in zip(contents, boxes, strict=True)]
    )
    encoder = hash_network(run, config)
    features = tf.keras.Model(encoder.input, encoder.get_layer("codes").input)(crops[:1])[0]
    bits = encoder(crops, training=False).numpy() >= 0
    pixels = [np.uint8(np.rint(picture)) for picture in crops]

    sheet = Sheet()
    sheet.row(LOOK, "Where to look, once for every picture")
    middle = LOOK + SIDE / 2
    sheet.picture(0.3, LOOK, np.uint8(whole[0]), "picture")
    sheet.arrow(2.05, 2.3, middle)
    sheet.box(3.05, middle, "saliency network\nResNet18")
    sheet.arrow(3.85, 4.1, middle)
    side = " × ".join(map(str, localizer.map_shape))
    sheet.picture(4.15, LOOK, maps[0], f"deepest map, {side}", cmap="viridis")
    sheet.arrow(5.9, 6.3, middle)
    sheet.picture(6.35, LOOK, grey, "grey, 32 × 32", cmap="gray", vmin=0, vmax=255)
    sheet.arrow(8.1, 8.5, middle)
    sheet.picture(8.55, LOOK, mask, f"above α = {alpha}, its box", cmap="gray")
    top, left, bottom, right = boxes[0] * saliency.MAX_SIDE
    sheet.figure.axes[-1].add_patch(
        Rectangle((left - 0.5, top - 0.5), right - left, bottom - top, ec=FOUND, fill=False, lw=3)
    )
    sheet.arrow(10.3, 10.7, middle)
    sheet.picture(10.75, LOOK, pixels[0], "crop")

    sheet.row(ENCODE, "From picture to code")
    middle = ENCODE + SIDE / 2
    sheet.picture(0.3, ENCODE, pixels[0], "crop")
    sheet.arrow(2.05, 2.55, middle)
    sheet.box(3.1, middle, "ResNet18-I\nfrozen")
    sheet.arrow(3.65, 4.1, middle)
    grid = tf.reshape(features, [8, -1])
    sheet.picture(4.15, ENCODE, grid, f"{len(features)} features", cmap="viridis", aspect="auto")
    sheet.arrow(5.9, 6.4, middle)
    sheet.box(6.97, middle, "hash layer\ndense, tanh")
    sheet.arrow(7.55, 8.5, middle, "≥ 0")
    sheet.code(8.55, ENCODE, bits[0], f"{bits.shape[1]} bits")

    sheet.row(
        LEARN,
        f"How the hash layer learns: hard triplets, mined anew every {config['remine']} epochs",
    )
    middle, small = LEARN + SIDE / 2, 1.4
    low = middle - small / 2
    for x, i, name in ((0.3, 1, "positive"), (4.7, 0, "anchor"), (9.1, 2, "negative")):
        sheet.picture(x, low, pixels[i], name, small)
        sheet.code(x + small + 0.1, low, bits[i], "", small)
    for x, name, distance in ((3.3, "P", to_positive), (7.7, "N", to_negative)):
        sheet.arrow(x, x + 1.3, middle, f"d(A, {name}) = {distance[chosen]:.2f}", "<|-|>")
    sheet.page.text(
        WIDTH / 2, 0.28, ha="center", fontsize=11,
        s=f"loss = 1 - sigmoid(d(A, N) - d(A, P) - margin1) = {loss:.2f};  margin1 = mean of "
        f"d(A, N) - d(A, P) over all {len(triplets):,} triplets = {margin:.2f}",
    )  # fmt: skip
    return sheet.figure


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("run", type=Path)
    figure = draw(parser.parse_args().run)
    file = Path(__file__).with_name("pipeline.png")
    figure.savefig(file, dpi=90)
    Image.open(file).convert("RGB").quantize(256).save(file, optimize=True)


if __name__ == "__main__":
    main()
