"""The report of a sweep over views: table 2, the localisation table, figures 3 and 6."""

import dataclasses
import time

import tensorflow as tf

from data_pipelines import steps
from recipes.common import figures, report, saliency
from recipes.common.run_folder import RunFolder
from recipes.common.view_row import CODES, write_average_precision
from tfretrieval import plots
from tfretrieval.saliency import Localizer, stages, viridis_luma

COLUMNS = ("accuracy", *CODES, "R@1", "held out")
HEADER = (
    "alpha", "accuracy", *(f"mAP, {row}" for row in CODES), f"R@1, {CODES[1]}", "mAP held out",
)  # fmt: skip
FIGURE_QUERIES = 6
TIMED_BATCHES = 8


def write(config, experiment, localizer, table, views, rows, folder: RunFolder) -> str:
    """Writes figures, ``results.json``, ``average_precision.npz`` and ``report.md``."""
    _figures(config, experiment, localizer, table, views, folder)
    write_average_precision(rows, folder)
    located = _localizations(config, experiment, table, views)
    folder.write_json(
        "results.json",
        {
            "rows": {str(alpha): report.defined(row.figures) for alpha, row in rows.items()},
            "localization": {name: dataclasses.asdict(row) for name, row in located.items()},
        },
    )
    text = "\n".join(_report(config, experiment, localizer, table, rows, located, folder))
    folder.write_text("report.md", text)
    return text


def _localizations(config, experiment, table, views):
    """Boxes of every alpha by both readings of the grey picture, over the queries."""
    boxes = {str(alpha): view.found for alpha, view in views.items() if view.found is not None}
    if config.grey == "minmax":
        other = dataclasses.replace(table, maps=viridis_luma(table.maps))
        for alpha in views:
            if alpha != "none":
                boxes[f"{alpha}, viridis_luma"] = other.regions(alpha, "box")[0]
    return saliency.localizations(boxes, experiment, experiment.data.query)


def _figures(config, experiment, localizer, table, views, folder):
    shown = {f"α = {alpha}": view for alpha, view in views.items() if alpha != "none"}
    drawn = {
        "saliency": lambda: figures.saliency_figure(config, experiment, table.maps, shown),
        "feature_maps": lambda: _feature_maps(config, experiment, localizer),
    }
    for name, draw in drawn.items():
        if not (folder / f"figures/{name}.png").exists():
            with folder.writing(f"figures/{name}.png") as partial:
                draw().savefig(partial, dpi=130)


def _feature_maps(config, experiment, localizer):
    """Figure 3: what every stage of the saliency network answers to some queries."""
    queries = figures.some_queries(config, experiment, FIGURE_QUERIES)
    shown = figures.pixels(experiment, queries, localizer.image_size, config.batch_size)
    network = localizer.source
    maps = {layer: Localizer(network, layer)(shown).numpy() for layer in stages(network)}
    title = f"{experiment.data.name}: sum of the channels after every stage of {localizer.network}"
    return plots.feature_maps(shown, maps, title)


def _report(config, experiment, localizer, table, rows, located, folder):
    yield from report.heading(config, experiment, folder)
    yield from report.table(
        HEADER,
        [
            [str(alpha), *(report.percent(row.figures[key]) for key in COLUMNS)]
            for alpha, row in rows.items()
        ],
    )
    yield ""
    measured = next(iter(rows.values())).rows[CODES[1]]
    yield f"- accuracy, %: share of the queries that stage 1 ({config.network}) classifies right."
    yield f"- mAP, %: {measured.definition}"
    yield "- R@1, %: share of the queries whose nearest picture is of their class."
    yield (
        f"- mAP held out: the {len(experiment.held_out)} held-out pictures against the other "
        f"{len(experiment.fit)} training pictures, adaptive triplet. By it alpha "
        f"{max(rows, key=lambda alpha: rows[alpha].held_out_map)} would be chosen."
    )
    yield ""
    yield "## Where the network looks"
    yield ""
    yield report.saliency_line(localizer, config.region)
    seconds = _seconds_a_picture(config, experiment, localizer)
    yield f"{1000 * seconds:.1f} ms a picture, decoding included."
    yield ""
    if located:
        yield from report.table(
            ["box", *report.LOCALIZATION.values()], report.localization_cells(located)
        )
        yield ""
        yield f"Over the queries, %: {located['whole picture'].definition}"
    else:
        yield "The data have no true boxes."
    yield ""
    yield "Figures: figures/saliency.png, figures/feature_maps.png."


def _seconds_a_picture(config, experiment, localizer):
    """What one look costs, over some batches once everything is traced."""
    count = TIMED_BATCHES * config.batch_size
    batches = steps.eval_batches(
        experiment.data.records,
        experiment.data.database[:count],
        image_size=localizer.image_size,
        batch_size=config.batch_size,
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


def seeds_report(config, seeds, results, precisions):
    """Means and standard deviations over the seeds, for :func:`report.write_seeds`."""
    last = config.seed + seeds - 1
    yield f"# {config.recipe} on {config.dataset}, {config.bits} bits, seeds {config.seed}-{last}"
    yield ""
    yield from report.table(
        HEADER,
        [
            [name, *(report.spread([r["rows"][name][key] for r in results]) for key in COLUMNS)]
            for name in results[0]["rows"]
        ],
    )
    yield ""
    if results[0]["localization"]:
        yield from report.table(
            ["box", *report.LOCALIZATION.values()],
            [
                [
                    name,
                    *(
                        report.spread([r["localization"][name][field] for r in results])
                        for field in report.LOCALIZATION
                    ),
                ]
                for name in results[0]["localization"]
            ],
        )
        yield ""
    yield f"Mean ± standard deviation over {seeds} seeds, %; definitions in each seed's report."
