"""What a run of center losses says: features and codes of every loss, and how its classes lie."""

import dataclasses

import numpy as np
from scipy.spatial.distance import pdist

from recipes.common import figures, measure, report
from recipes.common.data import Experiment
from recipes.common.run_folder import RunFolder
from tfretrieval import plots

TITLES = {
    "softmax": "softmax",
    "center": "softmax + center",
    "ratio": "softmax + improved (ratio)",
    "hinge": "softmax + improved (hinge)",
    "difference": "softmax + improved (difference)",
}
RETRIEVAL = ("Euclidean", "cosine", "codes")
FIGURES = ("mAP", "mAP test", "R@1", "P@10")
HEADER = ("trained by", "retrieval", "mAP", "mAP inside test", "R@1", "P@10")
SPREAD = {
    "accuracy": "accuracy, %",
    "intra": "intra-class",
    "inter": "inter-class",
    "intra / inter": "intra / inter",
}
SPREAD_HEADER = ("trained by", "weight", *SPREAD.values(), "d_own", "d_other")
SPREAD_DEFINITION = (
    "Intra-class and inter-class: mean Euclidean distance of two queries of one class and of two, "
    "by the features; d_own and d_other: mean squared distance to the center of the own class and "
    "to the nearest other one, over the last epoch of training."
)
# Distances of all pairs of so many queries are drawn: two million.
QUERIES_DRAWN = 2000


@dataclasses.dataclass(frozen=True, eq=False)
class LossResult:
    """All of one loss.

    Attributes:
        rows: of the main table, by :data:`RETRIEVAL`.
        spread: of :data:`SPREAD`.
        pairs: Euclidean distances of queries, of one class and of two.
        codes: relaxed ``[N, bits]``.
        history: of the training, an array a figure.
    """

    name: str
    rows: dict[str, measure.Row]
    spread: dict[str, float]
    pairs: tuple[np.ndarray, np.ndarray]
    codes: np.ndarray
    history: dict[str, np.ndarray]


def measure_loss(name, cached, codes, history, config, experiment: Experiment) -> LossResult:
    """Measures the features and the codes of a network trained by this loss."""
    features = cached["features"]
    same, different = _pairs(features, config, experiment)
    return LossResult(
        name,
        {
            "Euclidean": measure.measure_euclidean(name, "Euclidean", features, experiment),
            "cosine": measure.measure_cosine(name, "cosine", features, experiment),
            "codes": measure.measure_codes(name, "codes", codes, experiment),
        },
        {
            "accuracy": measure.accuracy(cached["logits"], experiment),
            "intra": float(same.mean()),
            "inter": float(different.mean()),
            "intra / inter": float(same.mean() / different.mean()),
            "d_own": float(history["center_distances_d_own"][-1]),
            "d_other": float(history["center_distances_d_other"][-1]),
        },
        (same, different),
        codes,
        history,
    )


def _pairs(features, config, experiment):
    """Distances of pairs of queries: of one class, and of two."""
    shuffled = np.random.default_rng(config.seed).permutation(experiment.data.query)
    drawn = shuffled[:QUERIES_DRAWN]
    labels = experiment.data.records.labels[drawn]
    distances = pdist(features[drawn])
    first, second = np.triu_indices(len(drawn), 1)
    same = labels[first] == labels[second]
    return distances[same], distances[~same]


def write(config, experiment: Experiment, results, planes, folder: RunFolder) -> str:
    """Writes figures, ``metrics.jsonl``, ``results.json``, ``average_precision.npz`` and, last,
    ``report.md``; returns the report."""
    data = experiment.data.name
    drawn = {
        "plane": lambda: plots.feature_plane(
            {TITLES[loss]: plane for loss, plane in planes.items()},
            f"{data}: training pictures of {len(next(iter(planes.values()))[2])} classes through "
            "two features, with the class centers",
        ),
        "distances": lambda: plots.distance_histograms(
            {TITLES[r.name]: r.pairs for r in results},
            f"{data}: Euclidean distances of two queries",
        ),
        "gallery": lambda: figures.gallery(
            config, experiment, results[-1].codes, TITLES[results[-1].name]
        ),
    }
    return report.write_files(
        folder,
        drawn,
        report.epochs({result.name: result.history for result in results}),
        {
            f"{result.name}/{name}": row.average_precision
            for result in results
            for name, row in result.rows.items()
        },
        {
            "rows": {
                result.name: {
                    name: report.defined(row.figures) for name, row in result.rows.items()
                }
                for result in results
            },
            "spread": {result.name: report.defined(result.spread) for result in results},
            "seconds": {result.name: result.history["seconds"].sum() for result in results},
        },
        "\n".join(_report(config, experiment, results, drawn, folder)),
    )


def weight(name: str, config) -> str:
    """The weight of a loss beside cross-entropy, as it is shown."""
    return f"{getattr(config, f'{name}_lambda', 0):g}"


def _report(config, experiment, results, drawn, folder):
    yield from report.heading(config, experiment, folder)
    yield from report.table(
        HEADER,
        [
            [TITLES[result.name], name, *(report.percent(row.figures[f]) for f in FIGURES)]
            for result in results
            for name, row in result.rows.items()
        ],
    )
    yield ""
    for name in RETRIEVAL:
        yield f"- mAP, %, {name}: {results[0].rows[name].definition}"
    yield (
        f"- Codes: {config.bits} bits of a hash layer on the frozen features, trained by "
        "cross-entropy."
    )
    yield "- mAP inside test: each query against the other queries, itself left out, else as mAP."
    yield "- R@1: share of the queries whose nearest picture is of their class."
    yield "- P@10: share of the first ten ranks that is of the query's class."
    yield ""
    yield "## How the classes lie"
    yield ""
    yield from report.table(
        SPREAD_HEADER,
        [
            [
                TITLES[result.name],
                weight(result.name, config),
                report.percent(result.spread["accuracy"]),
                *(f"{result.spread[key]:.3g}" for key in list(result.spread)[1:]),
            ]
            for result in results
        ],
    )
    yield ""
    yield SPREAD_DEFINITION
    yield ""
    yield (
        f"Network: {config.backbone}, centers moved by {config.update}. Nothing is chosen here: "
        "weights were set beforehand. Training: "
        + ", ".join(f"{TITLES[r.name]} {r.history['seconds'].sum():.0f} s" for r in results)
        + "."
    )
    yield ""
    yield "Figures: " + ", ".join(f"figures/{name}.png" for name in drawn) + "."


def seeds_report(config, seeds, results, precisions):
    """Means, spreads and paired differences over the seeds, for :func:`report.write_seeds`."""
    last = config.seed + seeds - 1
    yield f"# {config.recipe} on {config.dataset}, seeds {config.seed}-{last}"
    yield ""
    yield from report.table(
        HEADER,
        [
            [
                TITLES[loss],
                name,
                *(report.spread([r["rows"][loss][name][f] for r in results]) for f in FIGURES),
            ]
            for loss in config.losses
            for name in RETRIEVAL
        ],
    )
    yield ""
    yield f"Mean ± standard deviation over {seeds} seeds, %; definitions in each seed's report."
    yield ""
    yield from report.table(
        ["trained by", "weight", *list(SPREAD.values())],
        [
            [
                TITLES[loss],
                weight(loss, config),
                report.spread([r["spread"][loss]["accuracy"] for r in results]),
                *(
                    report.deviation([r["spread"][loss][key] for r in results])
                    for key in ("intra", "inter", "intra / inter")
                ),
            ]
            for loss in config.losses
        ],
    )
    yield ""
    yield SPREAD_DEFINITION.partition("; d_own")[0] + "."
    yield ""
    yield "## Differences in mAP, paired over queries"
    yield ""
    yield from report.table(
        ["first", "second", "retrieval", "first - second", "95 % interval", "a value a seed"],
        _differences(config, precisions),
    )
    yield ""
    yield report.INTERVALS


def _differences(config, precisions):
    pairs = [(loss, "softmax") for loss in config.losses if loss != "softmax"]
    pairs += [(loss, "center") for loss in config.losses if loss not in ("softmax", "center")]
    for first, second in pairs:
        if second not in config.losses:
            continue
        for name in RETRIEVAL:
            cells = report.paired(precisions, f"{first}/{name}", f"{second}/{name}")
            yield [TITLES[first], TITLES[second], name, *cells]
