"""What a run of GDF-Net says: its rows beside the adaptive triplet's, and how bits are used."""

import dataclasses
import itertools
import math

import numpy as np
import tensorflow as tf

from recipes.common import figures, measure, report
from recipes.common.data import Experiment
from tfretrieval import plots
from tfretrieval.evaluation import BitUsage, bit_usage
from tfretrieval.run_folder import RunFolder

TITLES = {
    "backbone": "backbone",
    "attention": "+ attention",
    "graph": "+ graph",
    "cauchy": "+ Cauchy quantisation",
    "balance": "+ bit balance",
    "augmentation": "+ crop and drop",
    "cross-entropy": "frozen, cross-entropy codes",
    "fixed": "frozen, fixed-margin triplet",
    "adaptive": "frozen, adaptive triplet",
}
HEADER = ("trained by", *report.HEADER[2:], "accuracy")
# Name in results.json -> column.
USAGE = {
    "least ones": "least ones, %",
    "most ones": "most ones, %",
    "entropy": "entropy",
    "least entropy": "least entropy",
    "constant": "constant bits",
    "correlation": "correlation",
    "relaxed": "mean size",
}
USAGE_DEFINITION = (
    "Over the codes of the database. Ones: share of the pictures in which a bit is 1, of the bit "
    "with the least and of the one with the most. Entropy of a bit, mean and least: 1 where half "
    "of the pictures have it, 0 where it is constant. Correlation: mean absolute Pearson "
    "correlation of two different bits. Mean size: of a relaxed bit before its sign is taken, 1 "
    "where there is nothing to quantise."
)
PICTURES, PARTS = 6, 6


@dataclasses.dataclass(frozen=True, eq=False)
class GdfResult:
    """All of one row.

    Attributes:
        name: of :data:`TITLES`.
        row: of the main table.
        accuracy: of the classifier above the codes, or of the frozen one.
        codes: relaxed, of all pictures.
        history: of the training, an array a figure.
        seconds: of the training.
        attention: ``[n, h, w, parts]`` of the pictures that are shown, where there are parts.
    """

    name: str
    row: measure.Row
    accuracy: float
    codes: np.ndarray
    history: dict[str, np.ndarray]
    seconds: float
    attention: np.ndarray | None = None

    def usage(self, experiment: Experiment) -> BitUsage:
        return bit_usage(self.codes[experiment.data.database])


def attention(model: tf.keras.Model, config, experiment: Experiment) -> np.ndarray | None:
    """Attention maps of the pictures that are shown, where the network has parts."""
    if "attention" not in model.output:
        return None
    network = tf.keras.Model(model.input, model.output["attention"])
    return np.asarray(network.predict(_pictures(config, experiment, config.image_size), verbose=0))


def _pictures(config, experiment, size):
    queries = figures.some_queries(config, experiment, PICTURES)
    return figures.pixels(experiment, queries, size, config.batch_size)


def write(config, experiment: Experiment, lengths, frozen, folder: RunFolder) -> str:
    """Writes figures, ``metrics.jsonl``, ``results.json``, ``average_precision.npz`` and, last,
    ``report.md``; returns the report.

    Args:
        lengths: bits -> the rows of this length; those of ``--bits`` first.
        frozen: what the frozen classifier gave, and its history.
    """
    results = lengths[config.bits]
    usage = {result.name: result.usage(experiment) for result in results}
    drawn = _drawn(config, experiment, results, usage)
    histories = {f"{r.name}, {bits} bits": r.history for bits in lengths for r in lengths[bits]}
    rows = list(enumerate(results))
    return report.write_files(
        folder,
        drawn,
        report.epochs({"frozen": frozen["history"], **histories}),
        {result.name: result.row.average_precision for result in results},
        {
            "rows": {
                r.name: report.defined({**r.row.figures, "accuracy": r.accuracy}) for r in results
            },
            "bits": {r.name: report.defined(_numbers(r, usage[r.name])) for r in results},
            "lengths": {
                r.name: {str(bits): lengths[bits][i].row.figures["mAP"] for bits in lengths}
                for i, r in rows
            },
            "seconds": {
                "frozen": float(frozen["history"]["seconds"].sum()),
                **{r.name: sum(lengths[bits][i].seconds for bits in lengths) for i, r in rows},
            },
        },
        "\n".join(_report(config, experiment, lengths, usage, frozen, drawn, folder)),
    )


def _numbers(result, usage):
    """The figures of :data:`USAGE`."""
    return {
        "least ones": float(usage.shares.min()),
        "most ones": float(usage.shares.max()),
        "entropy": usage.mean_entropy,
        "least entropy": float(usage.entropies.min()),
        "constant": float(usage.constant),
        "correlation": usage.mean_absolute_correlation,
        "relaxed": float(np.abs(result.codes).mean()),
    }


def _drawn(config, experiment, results, usage):
    """Name of a figure -> function that draws it."""
    name = f"{experiment.data.name}, {config.bits} bits"
    last = config.rows[-1]
    # The balance term's row and the one before it, or the last two.
    end = config.rows.index("balance") + 1 if "balance" in config.rows else len(config.rows)
    compared = config.rows[max(end - 2, 0) : end]
    exported = next(result for result in results if result.name == last)
    drawn = {
        "bit_usage": lambda: plots.bit_usage(
            {TITLES[row]: usage[row] for row in compared},
            f"{name}: the bits of the database",
        ),
        "gallery": lambda: figures.gallery(config, experiment, exported.codes, TITLES[last]),
    }
    if exported.attention is not None:
        drawn["parts"] = lambda: _parts(config, experiment, exported)
    return drawn


def _parts(config, experiment, result):
    maps = result.attention
    strongest = np.argsort(-maps.mean(axis=(0, 1, 2)), kind="stable")[:PARTS]
    return plots.part_attention(
        _pictures(config, experiment, max(config.image_size, 2 * figures.LEAST_PIXELS)),
        {f"part {part + 1}": maps[..., part] for part in np.sort(strongest)},
        f"{experiment.data.name}, {TITLES[result.name]}: queries drawn at random, and the "
        f"{len(strongest)}\nof {maps.shape[-1]} parts that answer to them most",
    )


def _cells(result):
    shown = (*(result.row.figures[figure] for figure in report.FIGURES), result.accuracy)
    return [TITLES[result.name], *map(report.percent, shown)]


def _report(config, experiment, lengths, usage, frozen, drawn, folder):
    results = lengths[config.bits]
    yield from report.heading(config, experiment, folder)
    yield from report.table(HEADER, map(_cells, results))
    yield ""
    yield f"- mAP, %: {results[0].row.definition}"
    yield from report.CODE_DEFINITIONS
    yield (
        "- Accuracy: share of the queries that the classifier above the codes gets right, for "
        "frozen rows the frozen classifier."
    )
    yield from _methods(config)
    yield ""
    if len(lengths) > 1:
        yield "## mAP by length of the code"
        yield ""
        yield from report.table(
            ["trained by", *(f"{bits} bits" for bits in sorted(lengths))],
            [
                [
                    TITLES[result.name],
                    *(report.percent(lengths[b][i].row.figures["mAP"]) for b in sorted(lengths)),
                ]
                for i, result in enumerate(results)
            ],
        )
        yield ""
    yield "## How the bits are used"
    yield ""
    yield from report.table(
        ["trained by", *USAGE.values()],
        [
            [TITLES[r.name], *itertools.starmap(_shown, _numbers(r, usage[r.name]).items())]
            for r in results
        ],
    )
    yield ""
    yield USAGE_DEFINITION
    yield ""
    yield "## Time"
    yield ""
    for result in results:
        seconds = [rows[results.index(result)].seconds for rows in lengths.values()]
        yield f"- {TITLES[result.name]}: {sum(seconds):.0f} s."
    yield (
        f"- Frozen classifier: {frozen['history']['seconds'].sum():.0f} s, its features "
        f"{float(frozen['seconds']):.0f} s."
    )
    yield ""
    yield "Figures: " + ", ".join(f"figures/{name}.png" for name in drawn) + "."


def _shown(key, value):
    if math.isnan(value):
        return "-"
    if key == "constant":
        return f"{value:.0f}"
    return report.percent(value) if key.endswith("ones") else f"{value:.2f}"


def _methods(config):
    """What the names of the rows mean."""
    yield (
        f"- backbone: {config.backbone} up to {config.layer or 'its last stage but one'}, pooled, "
        "hash layer, cross-entropy of a classifier on the codes, all trained at once. Every + adds "
        f"to all before it, in the order attention ({config.parts} parts), graph "
        f"({config.neighbours} neighbours), Cauchy quantisation (weight {config.quantization:g}, "
        f"gamma {config.gamma:g}), bit balance per {config.balance_per} (weight "
        f"{config.balance:g}), augmentation by crops and drops where parts look."
    )
    if config.weights == "none" and config.pretraining:
        yield (
            f"- Every row, the frozen classifier too, starts from a classifier trained for "
            f"{config.pretraining} epochs on the same pictures."
        )
    yield (
        "- frozen: the adaptive triplet network on the same backbone: a classifier trained by "
        "cross-entropy for as many epochs, then hash layers on its pooled features; fixed margin "
        f"{config.margin:g}."
    )
    yield "- Last epoch; weights, margin and epochs were set beforehand. Nothing is chosen."


def seeds_report(config, seeds, results, precisions):
    """Means, spreads and paired differences over the seeds, for :func:`report.write_seeds`."""
    last = config.seed + seeds - 1
    yield f"# {config.recipe} on {config.dataset}, {config.bits} bits, seeds {config.seed}-{last}"
    yield ""

    def over(part, name, figure):
        return [result[part][name][figure] for result in results]

    names = list(results[0]["rows"])
    columns = (*report.FIGURES, "accuracy")
    yield from report.table(
        HEADER,
        [[TITLES[n], *(report.spread(over("rows", n, c)) for c in columns)] for n in names],
    )
    yield ""
    yield f"Mean ± standard deviation over {seeds} seeds, %; definitions in each seed's report."
    yield from _methods(config)
    yield ""
    if config.more_bits:
        yield "## mAP by length of the code"
        yield ""
        lengths = sorted((config.bits, *config.more_bits))
        yield from report.table(
            ["trained by", *(f"{bits} bits" for bits in lengths)],
            [
                [TITLES[n], *(report.spread(over("lengths", n, str(b))) for b in lengths)]
                for n in names
            ],
        )
        yield ""
    yield "## How the bits are used"
    yield ""
    yield from report.table(
        ["trained by", *USAGE.values()],
        [[TITLES[n], *(_spread(key, over("bits", n, key)) for key in USAGE)] for n in names],
    )
    yield ""
    yield USAGE_DEFINITION
    yield ""
    yield "## Differences in mAP, paired over queries"
    yield ""
    yield from report.table(
        ["first", "second", "first - second", "95 % interval", "a value a seed"],
        [
            [TITLES[first], TITLES[second], *report.paired(precisions, first, second)]
            for first, second in _pairs(config)
        ],
    )
    yield ""
    yield report.INTERVALS
    seconds = sum(sum(result["seconds"].values()) for result in results)
    yield f"Training took {seconds / 60:.0f} minutes in all."


def _spread(key, values):
    if None in values:
        return "-"
    return report.spread(values) if key.endswith("ones") else report.deviation(values)


def _pairs(config):
    """Every row and the one before it, the adaptive margin and its rivals, the two papers."""
    yield from ((second, first) for first, second in itertools.pairwise(config.rows))
    yield from (("adaptive", "cross-entropy"), ("adaptive", "fixed"))
    yield config.rows[-1], "adaptive"
