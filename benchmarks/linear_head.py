"""How strongly a linear classifier on frozen features is held back, and at which temperature its
probabilities are read: both by held-out training pictures.

    python -m benchmarks.linear_head --data-dir DATA [--network efficientnet_lite0+crop]

Two ways to hold a tenth of the training pictures of CUB-200-2011 out (the seeds 0 and 1); means
over both. Accuracy is the classifier's on the held-out pictures, mAP theirs against the other
training pictures by the cosine of root probabilities; of real-valued rows, before any hash layer.
No query is looked at.
"""

from __future__ import annotations

import argparse
import tempfile

import numpy as np

from data_pipelines.view import WHOLE
from recipes.common.measure import held_out_map
from recipes.common.recipe import opened
from recipes.common.report import markdown
from recipes.cub_triplet import Config, load
from recipes.triplet.classifiers import Looking
from recipes.triplet.linear import frozen, linear_classifier
from tfretrieval.evaluation import cosine_retrieval
from tfretrieval.layers import RootProbabilities
from tfretrieval.run_folder import RunFolder

STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1)
TEMPERATURES = (0.5, 0.7, 1.0, 1.5, 2.0)
FOLDS = (0, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--network", default="efficientnet_lite0+crop")
    parser.add_argument("--image-size", type=int, default=224)
    options = parser.parse_args()
    found: dict[float, list[list[float]]] = {c: [] for c in STRENGTHS}
    for fold in FOLDS:
        config = Config(
            data_dir=options.data_dir,
            image_size=options.image_size,
            networks=(options.network,),
            saliency_network="efficientnet_lite0",
            training="frozen",
            protocol="held_out",
            seed=fold,
        )
        with tempfile.TemporaryDirectory() as place:
            run = opened(config, RunFolder(f"{place}/run", config), load)
            crop = options.network.endswith("+crop")
            view = Looking(run).crop(config.alpha) if crop else WHOLE
            features = frozen(run, options.network, view)["features"]
        data, labels = run.data, run.data.records.labels
        for c in STRENGTHS:
            kernel, bias = linear_classifier(
                features[data.fit], labels[data.fit], data.num_classes, c
            )
            logits = features @ kernel + bias
            right = np.mean(logits[data.held_out].argmax(axis=1) == labels[data.held_out])
            maps = [
                held_out_map(RootProbabilities(t)(logits).numpy(), data, cosine_retrieval)
                for t in TEMPERATURES
            ]
            found[c].append([float(right), *maps])
            print(fold, c, found[c][-1], flush=True)
    header = ["C", "accuracy", *(f"mAP at T {t:g}" for t in TEMPERATURES)]
    body = [
        [f"{c:g}", *(f"{100 * value:.1f}" for value in np.mean(rows, axis=0))]
        for c, rows in found.items()
    ]
    print("\n".join(markdown(header, body)))


if __name__ == "__main__":
    main()
