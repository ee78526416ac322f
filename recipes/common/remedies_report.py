"""The report of rival ways to find the subject: where each looks, and what codes come of it."""

import dataclasses

import numpy as np

from recipes.common import figures, report, saliency, session, sheet_report
from recipes.common.run_folder import RunFolder
from recipes.common.view_row import CODES
from tfretrieval.evaluation import paired_bootstrap

HEADER = ("row", *report.LOCALIZATION, "accuracy", *(f"mAP, {row}" for row in CODES))
LOCATED = ("mean_iou", "share_above_half", "object_covered", "area")
MEASURED = ("accuracy", *CODES)
FIGURES = ("whole picture", "pretrained", "stage 1", "class maps", "two rounds")


def write(config, experiment, views, rows, alpha, folder: RunFolder) -> str:
    """Writes the figure, ``results.json``, ``average_precision.npz`` and ``report.md``."""
    if not (folder / "figures/saliency.png").exists():
        with folder.writing("figures/saliency.png") as partial:
            shown = {name: views[name] for name in FIGURES[1:]}
            figures.saliency_figure(config, experiment, views["pretrained"].maps, shown).savefig(
                partial, dpi=130
            )
    folder.step(
        "average_precision",
        lambda: {
            f"{title}/{name}": row.average_precision
            for title, measured in rows.items()
            for name, row in measured.rows.items()
        },
    )
    boxes = {title: view.found for title, view in views.items() if view.found is not None}
    located = saliency.localizations(boxes, experiment, experiment.data.query)
    results = {
        title: dataclasses.asdict(located[title]) | sheet_report.numbers(row)
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
            [title, *(report.percent(row[key]) for key in (*LOCATED, *MEASURED))]
            for title, row in results.items()
        ],
    )
    yield ""
    yield f"- Boxes, over the queries, %: {located['whole picture'].definition}"
    yield f"- accuracy, %: share of the queries that stage 1 ({config.network}) classifies right."
    yield f"- mAP, %: {rows['whole picture'].rows[CODES[1]].definition}"
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


def write_seeds(config, run, run_dir: str, seeds: int) -> str:
    """Runs every seed in a folder of its own; means, spreads and paired intervals."""
    folder = RunFolder(run_dir, config, seeds=seeds)
    if (folder / "report.md").exists():
        return (folder / "report.md").read_text(encoding="utf-8")
    results, precisions = [], []
    for seed in range(config.seed, config.seed + seeds):
        print(f"seed {seed}", flush=True)
        seeded = dataclasses.replace(config, seed=seed)
        one = RunFolder(folder / f"seed-{seed}", seeded)
        run(seeded, one)
        results.append(one.read_json("results.json"))
        with np.load(one / "average_precision.npz") as file:
            precisions.append(dict(file))
    session.record(folder)
    text = "\n".join(_seeds_report(config, seeds, results, precisions))
    folder.write_text("report.md", text)
    return text


def _seeds_report(config, seeds, results, precisions):
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
                    for key in (*LOCATED, *MEASURED)
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
    mean = {
        title: np.mean([table[f"{title}/{CODES[1]}"] for table in precisions], axis=0)
        for title in titles
    }
    pairs = [(title, "whole picture") for title in titles if title != "whole picture"]
    pairs += [(title, "pretrained") for title in titles[3:]]
    yield from report.table(
        ["first", "second", "first - second", "95 % interval"],
        [
            [*pair, *report.interval(paired_bootstrap(mean[pair[0]], mean[pair[1]]))]
            for pair in pairs
        ],
    )
    yield ""
    yield report.INTERVALS
