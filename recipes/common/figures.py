"""The figures of a triplet run."""

import numpy as np

from data_pipelines import steps
from recipes.common.data import Experiment
from recipes.common.run_folder import RunFolder
from recipes.common.saliency import WHOLE, View
from tfretrieval import plots
from tfretrieval.codes import pack
from tfretrieval.evaluation import centre_boxes
from tfretrieval.search import HammingIndex

NAMES = ("map_by_round", "distances_by_round", "gallery")
SALIENCY = "saliency"
GALLERY_QUERIES, GALLERY_ANSWERS = 8, 8
SALIENCY_QUERIES = 6
# So that small networks do not make small pictures.
LEAST_PIXELS = 96


def write(config, experiment: Experiment, results, crop: View, folder: RunFolder) -> None:
    """Writes ``figures/<name>.png`` for every name of :data:`NAMES`, and where the network was
    shown a region, :data:`SALIENCY`."""
    drawn = {
        "map_by_round": lambda: _map_by_round(config, experiment, results),
        "distances_by_round": lambda: _distances_by_round(config, experiment, results),
        "gallery": lambda: gallery(
            config,
            experiment,
            results[-1].heads["adaptive-mined"]["codes"],
            f"{results[-1].title}, adaptive triplet",
        ),
    }
    if crop is not WHOLE:
        drawn[SALIENCY] = lambda: saliency_figure(
            config, experiment, crop.maps, {f"α = {crop.alpha}": crop}
        )
    save(drawn, folder)


def save(drawn, folder: RunFolder) -> None:
    """Writes ``figures/<name>.png`` of name -> function that draws, where it is not there."""
    for name, draw in drawn.items():
        if not (folder / f"figures/{name}.png").exists():
            with folder.writing(f"figures/{name}.png") as partial:
                draw().savefig(partial, dpi=130)


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


def gallery(config, experiment: Experiment, codes: np.ndarray, title: str):
    """Queries drawn at random and their nearest pictures by Hamming distance of codes."""
    data = experiment.data
    labels = data.records.labels
    queries = some_queries(config, experiment, GALLERY_QUERIES)
    index = HammingIndex(config.bits)
    index.add(pack(codes[data.database]), data.database)
    distances, answers = index.search(pack(codes[queries]), min(GALLERY_ANSWERS + 1, len(index)))
    # A query that is in the database finds itself: behind the others, and cut off.
    others = np.argsort(answers == queries[:, None], axis=1, kind="stable")[:, :GALLERY_ANSWERS]
    distances, answers = (np.take_along_axis(x, others, axis=1) for x in (distances, answers))
    size = max(config.image_size, LEAST_PIXELS)
    both = np.concatenate([queries, answers.ravel()])
    shown = pixels(experiment, both, size, config.batch_size)
    return plots.gallery(
        shown[: len(queries)],
        shown[len(queries) :].reshape(*answers.shape, *shown.shape[1:]),
        labels[answers] == labels[queries][:, None],
        query_names=[data.records.class_names[i].replace("_", " ") for i in labels[queries]],
        distances=distances,
        title=(
            f"{title}, {config.bits} bits: queries drawn at random and their nearest pictures\n"
            "(Hamming distance below; ties in the order of the database)"
        ),
    )


def saliency_figure(config, experiment, maps, views: dict[str, View]):
    """Figure 6 of the paper: queries with their map, and what every view keeps of them."""
    records = experiment.data.records
    queries = some_queries(config, experiment, SALIENCY_QUERIES)
    size = max(config.image_size, 2 * LEAST_PIXELS)
    whole = centre_boxes(len(queries), 1)
    # Masks alone leave no box to hold against the true one.
    framed = records.boxes is not None and all(v.boxes is not None for v in views.values())
    return plots.saliency_sheet(
        pixels(experiment, queries, size, config.batch_size),
        maps[queries],
        {name: whole if v.boxes is None else v.boxes[queries] for name, v in views.items()},
        truth=records.boxes[queries] if framed else None,
        masks={name: v.masks[queries] for name, v in views.items() if v.masks is not None},
        title=f"{experiment.data.name}: what is kept",
    )


def some_queries(config, experiment, count):
    """Queries of different classes, drawn by the seed, not by how well they are answered."""
    data = experiment.data
    shuffled = np.random.default_rng(config.seed).permutation(data.query)
    _, first = np.unique(data.records.labels[shuffled], return_index=True)
    return shuffled[np.sort(first)[:count]]


def pixels(experiment, indices, size, batch_size):
    """Whole pictures, float32 ``[n, S, S, 3]``."""
    unique, back = np.unique(indices, return_inverse=True)
    batches = steps.eval_batches(
        experiment.data.records, unique, image_size=size, batch_size=batch_size
    )
    return np.concatenate([images.numpy() for images, _ in batches])[back.reshape(-1)]
