"""What a run of center losses says: features and codes of every loss, and how its classes lie."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from recipes.center.loss_result import CODES, SEARCHES, LossResult
from recipes.center.plane import Plane
from recipes.center.settings import CENTER, LOSSES, SOFTMAX, CenterSettings
from recipes.common import measure
from recipes.common.about import about
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.pictures import gallery
from recipes.common.report import Column, Pair, Report, Table
from tfretrieval import plots

COLUMNS = (Column("mAP"), Column("mAP inside test"), Column("R@1"), Column("P@10"))
D_OWN, D_OTHER = Column("d_own", ""), Column("d_other", "")
SPREAD_COLUMNS = (
    Column("accuracy"),
    Column("intra-class", ""),
    Column("inter-class", ""),
    Column("intra / inter", ""),
    D_OWN,
    D_OTHER,
)
SPREAD_DEFINITION = (
    "Intra-class and inter-class: mean Euclidean distance of two queries of one class and of two, "
    "by the features; d_own and d_other: mean squared distance to the center of the own class and "
    "to the nearest other one, over the last epoch of training."
)


def compose(
    opened: Opened[CenterSettings, Divided],
    results: Sequence[LossResult],
    planes: Mapping[str, Plane],
) -> Report:
    """The report of the losses of a run.

    Args:
        planes: name of a loss -> what it makes of two features.
    """
    config = opened.config
    rows = {
        (result.title, search): row for result in results for search, row in result.rows.items()
    }
    return Report(
        title=f"{config.recipe} on {opened.data.name}, {config.bits} bits",
        seed=config.seed,
        about=about(opened),
        tables=(
            Table(
                "",
                ("trained by", "retrieval"),
                COLUMNS,
                {
                    names: {column.name: row.figures[column.name] for column in COLUMNS}
                    for names, row in rows.items()
                },
                tuple(_definitions(config, results[0])),
            ),
            Table(
                "How the classes lie",
                ("trained by", "weight"),
                SPREAD_COLUMNS,
                {
                    (result.title, f"{config.weight(result.name):g}"): {
                        "accuracy": result.accuracy,
                        **result.spread,
                    }
                    for result in results
                },
                (f"Accuracy, %: {measure.ACCURACY}. {SPREAD_DEFINITION}",),
            ),
        ),
        notes=(
            f"Network: {config.backbone}, {config.told}; centers moved by "
            f"{config.update}. Nothing is chosen here: weights were set beforehand.",
        ),
        pairs=tuple(_pairs(config)),
        precisions={names: row.average_precision for names, row in rows.items()},
        histories={result.name: result.history for result in results},
        seconds={result.title: result.seconds for result in results},
        figures=_figures(opened, results, planes),
    )


def _definitions(config: CenterSettings, result: LossResult) -> Iterator[str]:
    for search in SEARCHES:
        yield f"- mAP, %, {search}: {result.rows[search].definition}"
    yield (f"- {CODES.capitalize()}: the signs of the {config.bits} features.")
    yield "- mAP inside test: each query against the other queries, itself left out, else as mAP."
    yield "- R@1: share of the queries whose nearest picture is of their class."
    yield "- P@10: share of the first ten ranks that is of the query's class."


def _pairs(config: CenterSettings) -> Iterator[Pair]:
    """Every loss and cross-entropy alone, then every reading of the improved one and the center
    loss."""
    for second, rivals in ((SOFTMAX, (SOFTMAX,)), (CENTER, (SOFTMAX, CENTER))):
        for first in config.losses if second in config.losses else ():
            for search in SEARCHES if first not in rivals else ():
                yield Pair((LOSSES[first], search), (LOSSES[second], search))


def _figures(
    opened: Opened[CenterSettings, Divided],
    results: Sequence[LossResult],
    planes: Mapping[str, Plane],
) -> dict[str, Callable[[], Any]]:
    """Name of a figure -> function that draws it."""
    data, exported = opened.data.name, results[-1]
    return {
        "plane": lambda: plots.feature_plane(
            {LOSSES[loss]: plane for loss, plane in planes.items()},
            f"{data}: training pictures of {len(next(iter(planes.values()))[2])} classes through "
            "two features, with the class centers",
        ),
        "distances": lambda: plots.distance_histograms(
            {result.title: (result.same, result.different) for result in results},
            f"{data}: Euclidean distances of two queries",
        ),
        "gallery": lambda: gallery(opened, exported.codes, exported.title),
    }
