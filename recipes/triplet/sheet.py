"""The report of a sweep over views: table 2, the localisation table, figures 3 and 6."""

import dataclasses
import time
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from data_pipelines import steps
from data_pipelines.view import View
from recipes.common import measure, pictures
from recipes.common.about import about
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.report import Column, Report, Table
from recipes.triplet import saliency
from recipes.triplet.classifiers import Looking
from recipes.triplet.figures import saliency_figure
from recipes.triplet.settings import SaliencySettings
from recipes.triplet.view_row import ACCURACY, CODES, HELD_OUT_MAP, MAPS, R1, ViewRow
from tfretrieval import plots
from tfretrieval.evaluation import Localization
from tfretrieval.saliency import Localizer, stages, viridis_luma

FIGURE_QUERIES, TIMED_BATCHES = 6, 8


def compose(
    opened: Opened[SaliencySettings, Divided],
    looking: Looking,
    views: Mapping[float | str, View],
    rows: Mapping[float | str, ViewRow],
) -> Report:
    """The report of a row for every threshold."""
    config, data, localizer = opened.config, opened.data, looking.localizer
    shown = {f"α = {alpha}": view for alpha, view in views.items() if alpha != "none"}
    return Report(
        title=f"{config.recipe} on {data.name}, {config.bits} bits",
        seed=config.seed,
        about=about(opened),
        tables=(
            _thresholds(opened, rows),
            saliency.localization_table(
                "Where the network looks",
                _localizations(opened, looking, views),
                (saliency.described(localizer, config.region),),
            ),
        ),
        precisions={
            (str(alpha), name): row.average_precision
            for alpha, measured in rows.items()
            for name, row in measured.rows.items()
        },
        seconds={
            "a look at a picture, decoding included": _seconds_a_picture(opened, localizer),
        },
        figures={
            "saliency": lambda: saliency_figure(opened, looking.table.maps, shown),
            "feature_maps": lambda: _feature_maps(opened, localizer),
        },
    )


def _thresholds(
    opened: Opened[SaliencySettings, Divided], rows: Mapping[float | str, ViewRow]
) -> Table:
    data = opened.data
    best = max(rows, key=lambda alpha: rows[alpha].held_out_map)
    measured = next(iter(rows.values())).rows[CODES[1]]
    return Table(
        "",
        ("alpha",),
        tuple(map(Column, (ACCURACY, *MAPS, R1, HELD_OUT_MAP))),
        {(str(alpha),): row.figures for alpha, row in rows.items()},
        (
            f"- accuracy, %: {measure.ACCURACY}.",
            f"- mAP, %: {measured.definition}",
            "- R@1, %: share of the queries whose nearest picture is of their class.",
            f"- mAP held out: the {len(data.held_out)} held-out pictures against the other "
            f"{len(data.fit)} training pictures, adaptive triplet.",
            f"- By it alpha {best} would be chosen.",
        ),
    )


def _localizations(
    opened: Opened[SaliencySettings, Divided],
    looking: Looking,
    views: Mapping[float | str, View],
) -> dict[str, Localization]:
    """Boxes of every alpha by both readings of the grey picture, over the queries."""
    boxes = {str(alpha): view.found for alpha, view in views.items() if view.found is not None}
    if opened.config.grey == "minmax":
        other = dataclasses.replace(looking.table, maps=viridis_luma(looking.table.maps))
        for alpha in views:
            if alpha != "none":
                found, _ = other.regions(alpha, "box")
                assert found is not None  # Of a box.
                boxes[f"{alpha}, viridis_luma"] = found
    return saliency.localizations(boxes, opened.data)


def _feature_maps(opened: Opened[SaliencySettings, Divided], localizer: Localizer) -> Any:
    """Figure 3: what every stage of the saliency network answers to some queries."""
    queries = pictures.some_queries(opened, FIGURE_QUERIES)
    records, batch = opened.data.records, opened.config.batch_size
    shown = pictures.pixels(records, queries, localizer.image_size, batch)
    network = localizer.source
    maps = {layer: Localizer(network, layer)(shown).numpy() for layer in stages(network)}
    title = f"{opened.data.name}: sum of the channels after every stage of {localizer.network}"
    return plots.feature_maps(shown, maps, title)


def _seconds_a_picture(opened: Opened[SaliencySettings, Divided], localizer: Localizer) -> float:
    """What one look costs, over some batches once everything is traced."""
    batch_size = opened.config.batch_size
    batches = steps.eval_batches(
        opened.data.records,
        opened.data.database[: TIMED_BATCHES * batch_size],
        image_size=localizer.image_size,
        batch_size=batch_size,
    )
    side = localizer.image_size
    # One trace for the last, smaller batch too.
    look = tf.function(
        lambda pictures: localizer(pictures),
        input_signature=[tf.TensorSpec([None, side, side, 3], tf.float32)],
    )
    look(next(iter(batches))[0])
    start = time.monotonic()
    seen = sum(len(look(pictures).numpy()) for pictures, _ in batches)
    return (time.monotonic() - start) / seen
