"""The report of rival ways to find the subject: where each looks, and what codes come of it."""

import dataclasses

import numpy as np

from recipes.common import figures, report, saliency
from recipes.common.run_folder import RunFolder
from recipes.common.view_row import CODES, write_average_precision
from tfretrieval.evaluation import paired_bootstrap

HEADER = (
    "row", *report.LOCALIZATION.values(), "accuracy", *(f"mAP, {row}" for row in CODES),
    f"R@1, {CODES[1]}",
)  # fmt: skip
MEASURED = ("accuracy", *CODES, "R@1")
SHOWN = ("pretrained", "stage 1", "class maps", "two rounds")


def write(config, experiment, views, rows, alpha, folder: RunFolder) -> str:
    """Writes the figure, ``results.json``, ``average_precision.npz`` and ``report.md``."""
    if not (folder / "figures/saliency.png").exists():
        with folder.writing("figures/saliency.png") as partial:
            shown = {name: views[name] for name in SHOWN}
            figures.saliency_figure(config, experiment, views["pretrained"].maps, shown).savefig(
                partial, dpi=130
            )
    write_average_precision(rows, folder)
    boxes = {title: view.found for title, view in views.items() if view.found is not None}
    located = saliency.localizations(boxes, experiment, experiment.data.query)
    results = {
        title: dataclasses.asdict(located[title]) | report.defined(row.figures)
        for title, row in rows.items()
    }
    folder.write_json("results.json", {"rows": results, "alpha": alpha})
    text = "\n".join(_report(config, experiment, results, located, rows, alpha, folder))
    folder.write_text("report.md", text)
    return text


def _report(config, experiment, results, located, rows, alpha, folder):
    yield from report.heading(config, experiment, folder)
    yield from report.table(
        HEADER,
        [
            [title, *(report.percent(row[key]) for key in (*report.LOCALIZATION, *MEASURED))]
            for title, row in results.items()
        ],
    )
    yield ""
    yield f"- Boxes, over the queries, %: {located['whole picture'].definition}"
    yield f"- accuracy, %: share of the queries that stage 1 ({config.network}) classifies right."
    yield f"- mAP, %: {rows['whole picture'].rows[CODES[1]].definition}"
    yield "- R@1, %: share of the queries whose nearest picture is of their class."
    yield (
        f"- Threshold {config.alpha} but in the row of the chosen alpha, {alpha}: the one of "
        f"{', '.join(map(str, config.alphas))} whose crops of the held-out pictures the network "
        "trained on whole pictures classifies with the least cross-entropy."
    )
    yield (
        f"- pretrained: the network trained on {config.source}. stage 1: on whole pictures of "
        f"{config.dataset}; class maps: the same, channels weighted by the predicted class. "
        "two rounds: the network trained on the pretrained one's crops, looking at whole pictures."
    )
    yield ""
    yield "Figure: figures/saliency.png."


def seeds_report(config, seeds, results, precisions):
    """Means, spreads and paired differences over the seeds, for :func:`report.write_seeds`."""
    last = config.seed + seeds - 1
    yield f"# {config.recipe} on {config.dataset}, {config.bits} bits, seeds {config.seed}-{last}"
    yield ""
    titles = list(results[0]["rows"])
    yield from report.table(
        HEADER,
        [
            [
                title,
                *(
                    report.spread([result["rows"][title][key] for result in results])
                    for key in (*report.LOCALIZATION, *MEASURED)
                ),
            ]
            for title in titles
        ],
    )
    yield ""
    chosen = ", ".join(str(result["alpha"]) for result in results)
    yield (
        f"Mean ± standard deviation over {seeds} seeds, %; definitions in each seed's report. "
        f"Chosen alphas: {chosen}."
    )
    yield ""
    yield "## Differences in mAP of the adaptive triplet, paired over queries"
    yield ""

    def difference(first, second):
        """Of the means over the queries, a value a seed."""
        rows = [result["rows"] for result in results]
        return [row[first][CODES[1]] - row[second][CODES[1]] for row in rows]

    mean = {
        title: np.mean([table[f"{title}/{CODES[1]}"] for table in precisions], axis=0)
        for title in titles
    }
    pairs = [(title, "whole picture") for title in titles if title != "whole picture"]
    pairs += [(title, "pretrained") for title in titles[3:]]
    yield from report.table(
        ["first", "second", "first - second", "95 % interval", "deviation"],
        [
            [
                *pair,
                *report.interval(paired_bootstrap(mean[pair[0]], mean[pair[1]])),
                f"{100 * np.std(difference(*pair), ddof=1):.1f}",
            ]
            for pair in pairs
        ],
    )
    yield ""
    yield (
        f"{report.INTERVALS} About seeds speaks the deviation: the standard deviation of the "
        f"{seeds} seeds' own differences, in points."
    )
