"""What a run says in the end: tables, figures and files, each number with its definition."""

import dataclasses
import itertools
import json
import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from recipes.common import figures, heads, saliency, session
from recipes.common.data import Experiment
from recipes.common.measure import Row
from recipes.common.run_folder import RunFolder
from recipes.common.saliency import WHOLE, View
from tfretrieval.evaluation import paired_bootstrap
from tfretrieval.saliency import Localizer

TITLES = {
    "resnet18": "ResNet18",
    "resnet18_i": "ResNet18-I",
    "resnet18+crop": "ResNet18, crop",
    "resnet18_i+crop": "ResNet18-I, crop",
    "se_resnet18": "SE-ResNet18",
    "se_resnet18_i": "SE-ResNet18-I",
    "se_resnet18+crop": "SE-ResNet18, crop",
    "se_resnet18_i+crop": "SE-ResNet18-I, crop",
}
HEADER = ("network", "codes", "mAP", "stable mAP", "mAP inside test", "R@1", "P@10", "P(r<=2)")
FIGURES = ("mAP", "mAP stable", "mAP test", "R@1", "P@10", "P(r<=2)")
# Field of tfretrieval.evaluation.Localization -> its column.
LOCALIZATION = {
    "mean_iou": "mean IoU",
    "share_above_half": "IoU > 0.5",
    "object_covered": "object covered",
    "area": "box area",
}
# Of the columns behind mAP.
CODE_DEFINITIONS = (
    "- Stable mAP: the same with ties in the order of the database.",
    "- mAP inside test: each query against the other queries, itself left out, else as mAP. It "
    "is what pictures never trained on give; the database was trained on, which flatters "
    "memorising.",
    "- R@1: share of the queries whose nearest picture is of their class (recall at 1), "
    "expected over the orders of ties.",
    "- P@10: precision of the first ten ranks, expected over the orders of ties.",
    "- P(r<=2): precision within Hamming radius 2, an empty ball counts as 0.",
)
_HELD_OUT = (
    "mAP held out: a share of every class's training pictures, held out, against the other "
    "training pictures, else as mAP"
)
_PROTOCOLS = {
    "paper": (
        "Protocol of the paper: all of the training part is trained on, the last epoch counts, the "
        "fixed margin was set beforehand."
    ),
    "held_out": (
        f"{_HELD_OUT}; the fixed margin is chosen by it. Held-out pictures are never trained on."
    ),
    "selected": (
        f"{_HELD_OUT}, in the run in choice/; by it every head's epochs and the fixed margin are "
        "chosen, then all of the training part is trained on."
    ),
}
INTERVALS = (
    "Average precision of each query, averaged over the seeds; percentile bootstrap over the "
    "queries, 10,000 resamples. The interval speaks about other queries, not other seeds."
)
HEAD_FIGURES = ("margin1", "d_ap", "d_an", "gap", "gaps_above", "active_triplets")


@dataclasses.dataclass(frozen=True, eq=False)
class NetworkResult:
    """All of one network.

    Attributes:
        rows: of the main table.
        heads: label -> arrays of :mod:`recipes.common.heads`.
        tests: label -> mAP of the queries.
        held_out: label -> mAP of the held-out pictures, NaN where nothing was held out.
        best: label of the fixed margin that counts.
        stage1: loss, accuracy and seconds an epoch.
    """

    name: str
    accuracy: float
    rows: list[Row]
    heads: dict[str, dict[str, np.ndarray]]
    tests: dict[str, float]
    held_out: dict[str, float]
    best: str
    stage1: dict[str, np.ndarray]
    features_seconds: float

    @property
    def title(self) -> str:
        return TITLES[self.name]

    @property
    def seconds(self) -> dict[str, float]:
        triplets = [h["seconds"] for label, h in self.heads.items() if label != "cross-entropy"]
        return {
            "stage 1": float(self.stage1["seconds"].sum()),
            "features": self.features_seconds,
            "cross-entropy head": float(self.heads["cross-entropy"]["seconds"]),
            f"{len(triplets)} triplet heads": float(np.sum(triplets)),
        }


def write(
    config,
    experiment: Experiment,
    results: Sequence[NetworkResult],
    crop: View,
    folder: RunFolder,
) -> str:
    """Writes figures, ``metrics.jsonl``, ``results.json``, ``average_precision.npz`` and, last,
    ``report.md``; returns the report."""
    figures.write(config, experiment, results, crop, folder)
    folder.write_text("metrics.jsonl", "".join(json.dumps(r) + "\n" for r in _metrics(results)))
    rows = [row for result in results for row in result.rows]
    folder.step(
        "average_precision",
        lambda: {f"{row.network}/{row.name}": row.average_precision for row in rows},
    )
    folder.write_json(
        "results.json",
        {
            "rows": [{"network": r.network, "name": r.name} | defined(r.figures) for r in rows],
            "accuracy": defined({result.name: result.accuracy for result in results}),
            "best margin": {result.name: result.best for result in results},
            "held out": {result.name: defined(result.held_out) for result in results},
            "test": {result.name: result.tests for result in results},
            "seconds": {result.name: result.seconds for result in results},
        },
    )
    report = "\n".join(_report(config, experiment, results, crop, folder))
    folder.write_text("report.md", report)
    return report


def write_files(folder: RunFolder, drawn, metrics, average_precision, results, text: str) -> str:
    """Writes what a run ends with, ``report.md`` last, and returns that.

    Args:
        drawn: name -> function that draws the figure.
        metrics: rows of ``metrics.jsonl``.
        average_precision: name -> ``[Q]``.
        results: of ``results.json``.
    """
    figures.save(drawn, folder)
    folder.write_text("metrics.jsonl", "".join(json.dumps(row) + "\n" for row in metrics))
    folder.step("average_precision", lambda: average_precision)
    folder.write_json("results.json", results)
    folder.write_text("report.md", text)
    return text


def epochs(histories: Mapping[str, Mapping[str, np.ndarray]]):
    """Rows of ``metrics.jsonl`` from name -> history, an array a figure."""
    for name, history in histories.items():
        for epoch in range(len(history["loss"])):
            values = {key: float(column[epoch]) for key, column in history.items()}
            yield {"row": name, "epoch": epoch + 1, **defined(values)}


def defined(figures: Mapping[str, float]) -> dict[str, float | None]:
    """Figures for a JSON file, which knows no NaN: what is not defined is null."""
    return {name: None if math.isnan(value) else value for name, value in figures.items()}


def heading(config, experiment: Experiment, folder: RunFolder):
    """The lines every report begins with: what ran, on which data, on what machine."""
    data = experiment.data
    yield f"# {config.recipe} on {data.name}, {config.bits} bits, seed {config.seed}"
    yield ""
    held_out = len(experiment.held_out)
    yield (
        f"{len(data.train)} training pictures"
        + (f" ({held_out} of them held out for choices)" if held_out else "")
        + f", {len(data.database)} in the database, {len(data.query)} queries"
        + (" of classes that were never trained on" if experiment.unseen else "")
        + f", {data.num_classes} classes; version {data.version}, checksum "
        f"{experiment.checksum[:12]}."
    )
    yield from (f"Note: {note}" for note in data.notes)
    yield ran_on(folder)
    yield ""


def ran_on(folder: RunFolder) -> str:
    """When and on what the run began."""
    environment = folder.read_json("environment.json")
    packages = environment["packages"]
    return (
        f"{environment['date']}, commit {environment['commit']}, {environment['machine']}, Python "
        f"{environment['python']}, TensorFlow {packages['tensorflow']}, Keras {packages['keras']}, "
        f"NumPy {packages['numpy']}. Settings: config.json beside this file."
    )


def _report(config, experiment, results, crop, folder):
    yield from heading(config, experiment, folder)
    body = [
        [TITLES[row.network], row.name, *(percent(row.figures[f]) for f in FIGURES)]
        for result in results
        for row in result.rows
    ]
    yield from table(HEADER, body)
    yield ""
    yield f"- mAP, %: {results[0].rows[-1].definition}"
    yield f"- Real-valued rows: {results[0].rows[0].definition}"
    yield from CODE_DEFINITIONS
    for result in results:
        chosen = "fixed margin set beforehand" if config.protocol == "paper" else "chosen margin"
        classified = (
            ""
            if math.isnan(result.accuracy)
            else f"{percent(result.accuracy)} % of the queries are classified right by stage 1; "
        )
        yield f"- {result.title}: {classified}{chosen}: {result.best.removeprefix('fixed-')}."
    yield ""
    yield "## All heads, by the held-out pictures and by the queries"
    yield ""
    yield from table(
        ["network", "head", "epochs", "mAP held out", "mAP queries", *HEAD_FIGURES],
        _heads(results),
    )
    yield ""
    yield _PROTOCOLS[config.protocol] + " Nothing is chosen by the queries."
    yield ""
    yield (
        "margin1 is that of the last mining; distances and shares are means over its triplets "
        "during the last epoch of training: d(A, P), d(A, N), gap, share of gaps above "
        f"{config.gap_target:g}, share of gaps below the margin, all in squared distances where "
        f"the head is. Codes of {config.bits} bits are at most "
        f"{2 * math.sqrt(config.bits):.1f} apart. "
        f"Exported is the adaptive-mined head of {results[-1].title}."
    )
    yield ""
    if crop is not WHOLE:
        yield from _saliency(experiment, crop)
    yield "## Time"
    yield ""
    for result in results:
        parts = ", ".join(f"{name} {value:.0f} s" for name, value in result.seconds.items())
        yield f"- {result.title}: {parts}; together {sum(result.seconds.values()):.0f} s."
    yield ""
    names = figures.NAMES if crop is WHOLE else (*figures.NAMES, figures.SALIENCY)
    yield "Figures: " + ", ".join(f"figures/{name}.png" for name in names) + "."


def _saliency(experiment, view):
    """What was looked at, by whom, and how well the boxes meet the true ones."""
    yield "## Saliency"
    yield ""
    yield (
        f"{saliency_line(view.localizer, view.region)} Alpha {view.alpha}. The region is the same "
        "in training, database, queries and export."
    )
    yield ""
    rows = saliency.localizations({"saliency": view.found}, experiment, experiment.data.query)
    if rows:
        yield from table(["box", *LOCALIZATION.values()], localization_cells(rows))
        yield ""
        yield f"Over the queries, %: {rows['saliency'].definition}"
    else:
        area = np.prod(view.found[:, 2:] - view.found[:, :2], axis=1).mean()
        yield f"The boxes cover {percent(area)} % of the pictures; there are no true ones."
    yield ""


def saliency_line(localizer: Localizer, region: str) -> str:
    """Which map makes which region."""
    identity = localizer.identity
    channels = {
        "sum": "sum of the channels",
        "class": "channels weighted by the predicted class",
    }[localizer.reduction]
    return (
        f"Map: {identity['network']} at {identity['image_size']} pixels, layer "
        f"{identity['layer']}, {channels}, {identity['grey']}; region {region}, largest connected "
        "component."
    )


def localization_cells(rows):
    """A table line for each name -> Localization."""
    for name, row in rows.items():
        yield [name, *(percent(getattr(row, field)) for field in LOCALIZATION)]


def _heads(results):
    for result in results:
        for label, head in result.heads.items():
            last = [head.get(f"history_{name}", [math.nan])[-1] for name in HEAD_FIGURES]
            yield [
                result.title,
                label.replace("_", " "),
                f"{head['history_epoch'][-1]:.0f}",
                percent(result.held_out[label]),
                percent(result.tests[label]),
                *("-" if math.isnan(value) else f"{value:.2f}" for value in last),
            ]


def _metrics(results):
    for result in results:
        stage1 = result.stage1
        for epoch in range(len(stage1["loss"])):
            values = {key: float(column[epoch]) for key, column in stage1.items()}
            yield {"network": result.name, "stage": 1, "epoch": epoch + 1, **values}
        for label, head in result.heads.items():
            history = heads.history(head)
            for i in range(len(history["epoch"])):
                values = {k: float(c[i]) for k, c in history.items() if not math.isnan(c[i])}
                yield {"network": result.name, "stage": 2, "head": label, **values}


def write_seeds(config, run, run_dir: str, seeds: int, compose=None) -> str:
    """Runs every seed in a folder of its own and reports means, spreads and paired intervals.

    Args:
        compose: ``compose(config, seeds, results, precisions)`` gives the report's lines, from
            ``results.json`` and ``average_precision.npz`` of every seed; the one of
            ``cub_triplet`` by default.
    """
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
    report = "\n".join((compose or _seeds_report)(config, seeds, results, precisions))
    folder.write_text("report.md", report)
    return report


def _seeds_report(config, seeds, results, precisions):
    last = config.seed + seeds - 1
    yield f"# {config.recipe} on {config.dataset}, {config.bits} bits, seeds {config.seed}-{last}"
    yield ""
    body = []
    for index, row in enumerate(results[0]["rows"]):
        columns = [[result["rows"][index][figure] for result in results] for figure in FIGURES]
        body.append([TITLES[row["network"]], row["name"], *map(spread, columns)])
    yield from table(HEADER, body)
    yield ""
    yield f"Mean ± standard deviation over {seeds} seeds, %; definitions in each seed's report."
    for network in config.networks:
        margins = [result["best margin"][network].removeprefix("fixed-") for result in results]
        accuracy = spread([result["accuracy"][network] for result in results])
        yield (
            f"- {TITLES[network]}: accuracy of stage 1 {accuracy} %; fixed margins "
            f"{', '.join(margins)}."
        )
    yield ""
    yield "## Differences in mAP, paired over queries"
    yield ""
    yield from table(
        ["first", "second", "first - second", "95 % interval"],
        _differences(config, precisions),
    )
    yield ""
    yield INTERVALS


def _differences(config, precisions):
    def mean(network, row):
        return np.mean([table[f"{network}/{row}"] for table in precisions], axis=0)

    pairs = []
    for network in config.networks:
        for rival in ("cross-entropy codes", "fixed-margin triplet", "real-valued features"):
            pairs.append(((network, "adaptive triplet"), (network, rival)))
    for former, latter in itertools.pairwise(config.networks):
        for row in ("cross-entropy codes", "adaptive triplet"):
            pairs.append(((latter, row), (former, row)))
    for first, second in pairs:
        yield [
            f"{TITLES[first[0]]} {first[1]}",
            f"{TITLES[second[0]]} {second[1]}",
            *interval(paired_bootstrap(mean(*first), mean(*second))),
        ]


def interval(measured) -> tuple[str, str]:
    """A paired difference and its interval, in points."""
    difference = f"{100 * measured.difference:+.1f}"
    return difference, f"{100 * measured.low:+.1f} to {100 * measured.high:+.1f}"


def paired(precisions, first: str, second: str) -> list[str]:
    """Cells of two rows' difference in mAP: of the seeds' mean, its interval, a value a seed.

    Args:
        precisions: a table of average precisions a seed.
        first, second: names in it.
    """
    both = [np.array([table[name] for table in precisions]) for name in (first, second)]
    # Queries that can find nothing have no average precision.
    each = np.nanmean(both[0] - both[1], axis=1)
    one, other = (rows.mean(axis=0) for rows in both)
    shown = ", ".join(f"{100 * value:+.1f}" for value in each)
    return [*interval(paired_bootstrap(one, other)), shown]


def deviation(values: Sequence[float], digits: int = 2) -> str:
    """Of a figure that is no share, over the seeds."""
    return f"{np.mean(values):.{digits}f} ± {np.std(values, ddof=1):.{digits}f}"


def spread(values: Sequence[float | None]) -> str:
    """Mean and standard deviation over the seeds, %."""
    numbers = [np.nan if value is None else value for value in values]
    if np.isnan(numbers).any():
        return "-"
    return f"{100 * np.mean(numbers):.1f} ± {100 * np.std(numbers, ddof=1):.1f}"


def percent(value: float) -> str:
    return "-" if math.isnan(value) else f"{100 * value:.1f}"


def table(header: Sequence[str], body: Iterable[Sequence[str]]):
    """A Markdown table, padded so that it reads in a terminal too."""
    body = list(body)
    widths = [max(len(str(row[i])) for row in [header, *body]) for i in range(len(header))]

    def line(cells):
        return "| " + " | ".join(str(c).ljust(w) for c, w in zip(cells, widths, strict=True)) + " |"

    yield line(header)
    yield "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    yield from map(line, body)
