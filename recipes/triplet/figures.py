"""The figures of the triplet recipes: curves by round, gallery, what is kept of pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from data_pipelines.view import WHOLE, View
from recipes.common import pictures
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.settings import MiningSettings, RunSettings
from recipes.triplet.margins import ADAPTIVE, CROSS_ENTROPY, shown
from recipes.triplet.settings import PaperSettings
from recipes.triplet.work import row_title
from tfretrieval import plots
from tfretrieval.evaluation import centre_boxes

if TYPE_CHECKING:
    from recipes.triplet.report import NetworkResult

SALIENCY_QUERIES = 6
DISTANCES = ("epoch", "d_ap", "d_an", "gap", "margin1")
Draw = Callable[[], Any]


def figures(
    opened: Opened[PaperSettings, Divided], results: Sequence[NetworkResult], crop: View
) -> dict[str, Draw]:
    """Name -> what draws it."""
    codes = results[-1].heads[ADAPTIVE]["codes"]
    gallery_title = f"{row_title(results[-1].name)}, adaptive triplet"
    drawn: dict[str, Draw] = {
        "map_by_round": lambda: _map_by_round(opened, results),
        "distances_by_round": lambda: _distances_by_round(opened, results),
        "gallery": lambda: pictures.gallery(opened, codes, gallery_title),
    }
    if crop is not WHOLE:
        views = {f"α = {crop.alpha}": crop}
        drawn["saliency"] = lambda: saliency_figure(opened, crop.maps, views)
    return drawn


def _of(opened: Opened[MiningSettings, Divided]) -> str:
    return f"{opened.data.name}, {opened.config.bits} bits"


def _map_by_round(opened: Opened[PaperSettings, Divided], results: Sequence[NetworkResult]) -> Any:
    def curve(head: dict[str, Any]) -> tuple[list[float], list[float]]:
        return head["history_epoch"].tolist(), head["history_map"].tolist()

    panels = {
        row_title(result.name): {
            "adaptive triplet": curve(result.heads[ADAPTIVE]),
            f"fixed margin {shown(result.best)}": curve(result.heads[result.best]),
            "cross-entropy codes": curve(result.heads[CROSS_ENTROPY]),
        }
        for result in results
    }
    return plots.map_curves(panels, f"{_of(opened)}: queries, mAP")


def _distances_by_round(
    opened: Opened[PaperSettings, Divided], results: Sequence[NetworkResult]
) -> Any:
    panels = {
        row_title(result.name): {
            # Nothing was trained in the round before the first.
            name: result.heads[ADAPTIVE][f"history_{name}"][1:]
            for name in DISTANCES
        }
        for result in results
    }
    told = f"{_of(opened)}: mined triplets of the adaptive loss"
    return plots.distance_curves(panels, opened.config.gap_target, told)


def saliency_figure(
    opened: Opened[RunSettings, Divided], maps: np.ndarray | None, views: dict[str, View]
) -> Any:
    """Figure 6 of the paper: queries with their map, and what every view keeps of them."""
    assert maps is not None  # Of a view that somebody looked for.
    config, records = opened.config, opened.data.records
    queries = pictures.some_queries(opened, SALIENCY_QUERIES)
    size = max(config.image_size, 2 * pictures.LEAST_PIXELS)
    whole = centre_boxes(len(queries), 1)
    # Masks alone leave no box to hold against the true one.
    framed = records.boxes is not None and all(v.boxes is not None for v in views.values())
    return plots.saliency_sheet(
        pictures.pixels(records, queries, size, config.batch_size),
        maps[queries],
        {name: whole if v.boxes is None else v.boxes[queries] for name, v in views.items()},
        truth=records.boxes[queries] if framed and records.boxes is not None else None,
        masks={name: v.masks[queries] for name, v in views.items() if v.masks is not None},
        title=f"{opened.data.name}: what is kept",
    )
