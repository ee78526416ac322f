"""Draws `docs/figures/saliency.png`: scikit-learn's two sample photographs and drawn birds, with
map, boxes and crops, as the ResNet18 of a finished run sees them.

python -m docs.figures.draw_saliency RUN      # of `recipes.cub_triplet --demo`
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_images

from benchmarks.saliency_networks import trained
from data_pipelines import catalogue
from tfretrieval import images, plots, saliency

BIRDS, SIZE, ALPHAS = 3, 200, (0.2, 0.4, 0.6)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("run", type=Path)
    localizer = saliency.Localizer(trained(parser.parse_args().run))
    # The middle square of 427 x 640 pixels.
    pictures = [photo[:, 107:534] for photo in load_sample_images().images]
    data = catalogue.load("drawn_birds/demo")
    chosen = np.random.default_rng(0).choice(data.query, BIRDS, replace=False)
    pictures += [images.decode(data.records.read(i)).numpy() for i in chosen]

    def resized(side: int) -> np.ndarray:
        return np.stack([images.resize(picture, (side, side)) for picture in pictures])

    maps = localizer(resized(localizer.image_size)).numpy()
    boxes = {f"α = {alpha}": saliency.boxes(maps, alpha).numpy() for alpha in ALPHAS}
    figure = plots.saliency_sheet(resized(SIZE), maps, boxes)
    file = Path(__file__).with_name("saliency.png")
    figure.savefig(file, dpi=75)
    Image.open(file).convert("RGB").quantize(256).save(file, optimize=True)


if __name__ == "__main__":
    main()
