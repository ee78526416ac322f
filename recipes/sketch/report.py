"""What a run of sketch retrieval says: losses by gates, seen and unseen classes, and distances."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist

from recipes.common import pictures
from recipes.common.about import about
from recipes.common.opened import Opened
from recipes.common.report import Column, Key, Pair, Report, Table
from recipes.sketch.data import SketchData
from recipes.sketch.photo_search import BY_COSINE, MEAN_PRECISION, PRECISION, RECALL, by_bits
from recipes.sketch.settings import COSFACE, DASE, GATES, MEMS, SE, SOFTMAX, UNGATED, SketchSettings
from recipes.sketch.sketch_result import SketchResult
from tfretrieval import plots

GALLERY_QUERIES, GALLERY_ANSWERS = 8, 8
ROW = ("trained by", "gates")
DISTANCE_DEFINITION = (
    "Euclidean distances of the features of queries and photos of seen classes, divided by the "
    "mean distance of two pictures of two classes: largest and mean distance inside a class, "
    "smallest between two classes, mean distance of a sketch and a photo of its class. With "
    "max intra below min inter no answer would be wrong."
)
ACCURACY_DEFINITION = (
    "Accuracy, %: share of sketches and photos that was classified right in the last epoch, while "
    "it trained."
)


def compose(opened: Opened[SketchSettings, SketchData], results: Sequence[SketchResult]) -> Report:
    """The report of the rows of a run, losses by gates."""
    config, data = opened.config, opened.data
    found = {
        (*_names(config, result), part): search
        for result in results
        for part, search in result.found.items()
    }
    columns = [MEAN_PRECISION, BY_COSINE, RECALL, PRECISION, *map(by_bits, config.bit_lengths)]
    by_features, by_codes = next(iter(found.values())).definition
    rows = {_names(config, result): result for result in results}
    return Report(
        title=f"{config.recipe} on {data.name}",
        seed=config.seed,
        about=(
            f"Trained on {len(data.sketches)} sketches and {len(data.photos)} photos; "
            "sketches search photos.",
            *about(opened),
        ),
        tables=(
            Table(
                "",
                (*ROW, "classes"),
                tuple(map(Column, columns)),
                {names: search.figures for names, search in found.items()},
                (
                    f"- mAP, %: {by_features} Angular distance for CosFace.",
                    "- mAP, cosine: the same by the cosine of the features, which their length "
                    "does not enter.",
                    "- R@1, P@10: share of the first photo, and of the first ten, that is of the "
                    "class.",
                    f"- Bits: mAP, %, of codes from the class centers: {by_codes}",
                    "- seen: sketches of classes that were trained on, unseen: of the others; both "
                    "search all photos.",
                ),
            ),
            Table(
                "Distances",
                ROW,
                tuple(Column(name, "") for name in results[0].distances),
                {names: result.distances for names, result in rows.items()},
                (DISTANCE_DEFINITION,),
            ),
            Table(
                "Training",
                ROW,
                (Column("accuracy"),),
                {
                    names: {"accuracy": float(result.history["accuracy"][-1])}
                    for names, result in rows.items()
                },
                (ACCURACY_DEFINITION,),
            ),
        ),
        notes=(config.told,),
        pairs=tuple(_pairs(config, list(results[0].found))),
        precisions={names: search.average_precision for names, search in found.items()},
        histories={result.name: result.history for result in results},
        seconds={
            ", ".join(names): float(result.history["seconds"].sum())
            for names, result in rows.items()
        },
        figures=_figures(opened, results[-1]),
    )


def _names(config: SketchSettings, result: SketchResult) -> Key:
    return config.title(result.loss), GATES[result.gates]


def _pairs(config: SketchSettings, parts: Sequence[str]) -> Iterator[Pair]:
    """Gates of each loss against fewer, then MEMS of each gates against the other losses."""
    rows = [
        ((loss, first), (loss, second))
        for loss in config.losses
        for first, second in ((SE, UNGATED), (DASE, UNGATED), (DASE, SE))
        if {first, second} <= set(config.gates)
    ]
    rows += [
        ((MEMS, gates), (second, gates))
        for gates in config.gates
        for second in (SOFTMAX, COSFACE)
        if {MEMS, second} <= set(config.losses)
    ]
    for first, second in rows:
        for part in parts:
            yield Pair(*((config.title(loss), GATES[g], part) for loss, g in (first, second)))


def _figures(
    opened: Opened[SketchSettings, SketchData], exported: SketchResult
) -> dict[str, Callable[[], Any]]:
    """Name of a figure -> function that draws it."""
    drawn: dict[str, Callable[[], Any]] = {"gallery": lambda: _gallery(opened, exported)}
    if exported.switched:
        shown = opened.config.title(exported.loss)
        drawn["gates"] = lambda: plots.domain_gates(
            exported.switched, f"{opened.data.name}, {shown}: gates of the same pictures"
        )
    return drawn


def _gallery(opened: Opened[SketchSettings, SketchData], result: SketchResult) -> Any:
    """Sketches of different classes and their nearest photos."""
    config, data = opened.config, opened.data
    labels = data.records.labels
    queries = pictures.some_queries(opened, GALLERY_QUERIES)
    views = result.features.swapaxes(0, 1)
    distances = np.min([cdist(x[queries], y[data.database]) for x in views for y in views], axis=0)
    nearest = np.argsort(distances, axis=1, kind="stable")[:, :GALLERY_ANSWERS]
    answers = data.database[nearest]
    size = max(config.image_size, pictures.LEAST_PIXELS)
    both = np.concatenate([queries, answers.ravel()])
    shown = pictures.pixels(data.records, both, size, config.batch_size)
    seen = np.isin(labels[queries], data.seen_classes)
    names = [data.records.class_names[i].replace("_", " ") for i in labels[queries]]
    return plots.gallery(
        shown[: len(queries)],
        shown[len(queries) :].reshape(*answers.shape, *shown.shape[1:]),
        labels[answers] == labels[queries][:, None],
        query_names=[n if s else f"{n}\n(unseen)" for n, s in zip(names, seen, strict=True)],
        distances=np.round(np.take_along_axis(distances, nearest, axis=1), 2),
        title=(
            f"{config.title(result.loss)}, {GATES[result.gates]}: sketches drawn at random and "
            "their nearest photos (Euclidean distance below)"
        ),
    )
