"""The figures of a triplet run."""

import numpy as np

from data_pipelines import steps
from recipes.common.data import Experiment
from recipes.common.run_folder import RunFolder
from tfretrieval import plots
from tfretrieval.codes import pack
from tfretrieval.search import HammingIndex

NAMES = ("map_by_round", "distances_by_round", "gallery")
GALLERY_QUERIES, GALLERY_ANSWERS = 8, 8


def write(config, experiment: Experiment, results, folder: RunFolder) -> None:
    """Writes ``figures/<name>.png`` for every name of :data:`NAMES`."""
    drawn = {
        "map_by_round": lambda: _map_by_round(config, experiment, results),
        "distances_by_round": lambda: _distances_by_round(config, experiment, results),
        "gallery": lambda: _gallery(config, experiment, results[-1]),
    }
    for name in NAMES:
        if not (folder / f"figures/{name}.png").exists():
            with folder.writing(f"figures/{name}.png") as partial:
                drawn[name]().savefig(partial, dpi=130)


def _map_by_round(config, experiment, results):
    def curve(head):
        return head["history_epoch"], head["history_map"]

    panels = {
        result.title: {
            "adaptive triplet": curve(result.heads["adaptive-mined"]),
            f"fixed margin {result.best.removeprefix('fixed-')}": curve(result.heads[result.best]),
            "cross-entropy codes": curve(result.heads["cross-entropy"]),
        }
        for result in results
    }
    return plots.map_curves(panels, f"{experiment.data.name}, {config.bits} bits: queries, mAP")


def _distances_by_round(config, experiment, results):
    names = ("epoch", "d_ap", "d_an", "gap", "margin1")
    panels = {
        result.title: {
            # Nothing was trained in the round before the first.
            name: result.heads["adaptive-mined"][f"history_{name}"][1:]
            for name in names
        }
        for result in results
    }
    title = f"{experiment.data.name}, {config.bits} bits: mined triplets of the adaptive loss"
    return plots.distance_curves(panels, config.gap_target, title)


def _gallery(config, experiment, result):
    """Queries of different classes, drawn by the seed, not by how well they are answered."""
    data, codes = experiment.data, result.heads["adaptive-mined"]["codes"]
    labels = data.records.labels
    shuffled = np.random.default_rng(config.seed).permutation(data.query)
    _, first = np.unique(labels[shuffled], return_index=True)
    queries = shuffled[np.sort(first)[:GALLERY_QUERIES]]

    index = HammingIndex(config.bits)
    index.add(pack(codes[data.database]), data.database)
    distances, answers = index.search(pack(codes[queries]), min(GALLERY_ANSWERS, len(index)))
    pixels = _pixels(config, experiment, np.concatenate([queries, answers.ravel()]))
    return plots.gallery(
        pixels[: len(queries)],
        pixels[len(queries) :].reshape(*answers.shape, *pixels.shape[1:]),
        labels[answers] == labels[queries][:, None],
        query_names=[data.records.class_names[i].replace("_", " ") for i in labels[queries]],
        distances=distances,
        title=(
            f"{result.title}, adaptive triplet, {config.bits} bits: queries drawn at random and "
            "their nearest pictures\n(Hamming distance below; ties in the order of the database)"
        ),
    )


def _pixels(config, experiment, indices):
    unique, back = np.unique(indices, return_inverse=True)
    size = max(config.image_size, 96)
    batches = steps.eval_batches(
        experiment.data.records, unique, image_size=size, batch_size=config.batch_size
    )
    return np.concatenate([images.numpy() for images, _ in batches])[back.reshape(-1)]
