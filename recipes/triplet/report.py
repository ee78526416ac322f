"""What a run of the adaptive triplet network says: rows by network and codes, and all heads."""

import dataclasses
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from data_pipelines.view import WHOLE, View
from recipes.common import heads as hash_heads
from recipes.common import measure
from recipes.common.about import about
from recipes.common.data import Divided
from recipes.common.heads import Arrays
from recipes.common.opened import Opened
from recipes.common.report import Column, Figure, Key, Pair, Report, Table, number
from recipes.common.training import History
from recipes.triplet import saliency
from recipes.triplet.figures import figures
from recipes.triplet.margins import ADAPTIVE, CROSS_ENTROPY, shown
from recipes.triplet.protocol import HELD_OUT, PAPER, SELECTED, best_margin
from recipes.triplet.settings import PaperSettings
from recipes.triplet.stage1 import Stage1
from recipes.triplet.work import row_name, row_title
from tfretrieval.fitting import IterativeQuantization, random_hyperplanes

# Rows of a network.
FEATURES, HYPERPLANES = "real-valued features", "random hyperplanes"
ITQ = "PCA-ITQ, no labels"
PREDICTED = "random code of the predicted class"
CROSS_ENTROPY_CODES, ADAPTIVE_CODES = "cross-entropy codes", "adaptive triplet"
BEST_BY_QUERIES = "fixed-margin triplet, the best by the queries"
_HELD_OUT = (
    "mAP held out: a share of every class's training pictures, held out, against the other "
    "training pictures, else as mAP"
)
_PROTOCOLS = {
    PAPER: (
        "Protocol of the paper: all of the training part is trained on, the last epoch counts. "
        "Nothing is held out to choose a margin by: beside the one that was set stands the best of "
        "all by the queries themselves, more than a fixed margin can be credited with."
    ),
    HELD_OUT: (
        f"{_HELD_OUT}; the fixed margin is chosen by it. Held-out pictures are never trained on. "
        "Nothing is chosen by the queries."
    ),
    SELECTED: (
        f"{_HELD_OUT}, in the run in choice/; by it every head's epochs and the fixed margin are "
        "chosen, then all of the training part is trained on. Nothing is chosen by the queries."
    ),
}
ROUND_FIGURES = ("margin1", "d_ap", "d_an", "gap", "gaps_above", "active_triplets")


@dataclasses.dataclass(frozen=True, eq=False)
class NetworkResult:
    """All of one network.

    Attributes:
        accuracy: of stage 1.
        rows: of the main table, without those of fixed margins.
        fixed: label -> row, of the fixed margin that counts and of the best by the queries.
        heads: label -> arrays of :mod:`recipes.common.heads`.
        tests: label -> mAP of the queries.
        held_out: label -> mAP of the held-out pictures, NaN where nothing was held out.
        best: label of the fixed margin that counts.
        stage1: loss, accuracy and seconds an epoch.
        features_seconds: of the pass of all pictures.
    """

    name: str
    accuracy: float
    rows: dict[str, measure.Row]
    fixed: dict[str, measure.Row]
    heads: dict[str, Arrays]
    tests: dict[str, float]
    held_out: dict[str, float]
    best: str
    stage1: History
    features_seconds: float

    @property
    def best_by_queries(self) -> str:
        return best_margin(self.tests)

    @property
    def seconds(self) -> dict[str, float]:
        triplets = [h["seconds"] for label, h in self.heads.items() if label != CROSS_ENTROPY]
        return {
            "stage 1": float(self.stage1["seconds"].sum()),
            "features": self.features_seconds,
            "cross-entropy head": float(self.heads[CROSS_ENTROPY]["seconds"]),
            f"{len(triplets)} triplet heads": float(np.sum(triplets)),
        }


def fixed_row(config: PaperSettings) -> str:
    """The row of the fixed margin: named where it was set, chosen where it could be."""
    how = f"margin {config.margin:g}" if config.protocol == PAPER else "chosen margin"
    return f"fixed-margin triplet, {how}"


def rows_of(result: NetworkResult, config: PaperSettings) -> dict[str, measure.Row]:
    """The rows of a network in the order in which they stand."""
    rows = dict(result.rows)
    adaptive = rows.pop(ADAPTIVE_CODES)
    rows[fixed_row(config)] = result.fixed[result.best]
    if config.protocol == PAPER:
        rows[BEST_BY_QUERIES] = result.fixed[result.best_by_queries]
    return {**rows, ADAPTIVE_CODES: adaptive}


def compose(
    opened: Opened[PaperSettings, Divided], results: Sequence[NetworkResult], crop: View
) -> Report:
    """The report of the networks of a run."""
    config = opened.config
    rows = {
        (row_title(result.name), row): measured
        for result in results
        for row, measured in rows_of(result, config).items()
    }
    tables = [
        Table(
            "",
            ("network", "codes"),
            measure.COLUMNS,
            {key: row.figures for key, row in rows.items()},
            (
                f"- mAP, %: {results[0].rows[ADAPTIVE_CODES].definition}",
                f"- Real-valued rows: {results[0].rows[FEATURES].definition}",
                *measure.DEFINITIONS,
            ),
        ),
        _stage1_table(config, results),
        _heads_table(config, results),
    ]
    if crop is not WHOLE:
        tables.append(_saliency_table(opened, crop))
    return Report(
        title=f"{config.recipe} on {opened.data.name}, {config.bits} bits",
        seed=config.seed,
        about=(*about(opened), config.told),
        tables=tuple(tables),
        pairs=tuple(_pairs(config)),
        precisions={key: row.average_precision for key, row in rows.items()},
        histories=_histories(results),
        seconds={
            f"{row_title(result.name)}: {part}": value
            for result in results
            for part, value in result.seconds.items()
        },
        figures=figures(opened, results, crop),
    )


def _stage1_table(config: PaperSettings, results: Sequence[NetworkResult]) -> Table:
    chosen = {PAPER: "margin set beforehand"}.get(config.protocol, "chosen margin")
    columns = [Column("accuracy of stage 1"), Column(chosen)]
    if config.protocol == PAPER:
        columns.append(Column("best margin by the queries"))

    def figures_of(result: NetworkResult) -> dict[str, Figure]:
        found: dict[str, Figure] = {
            "accuracy of stage 1": result.accuracy,
            chosen: shown(result.best),
            "best margin by the queries": shown(result.best_by_queries),
        }
        return {column.name: found[column.name] for column in columns}

    return Table(
        "Networks",
        ("network",),
        tuple(columns),
        {(row_title(result.name),): figures_of(result) for result in results},
        (
            f"Accuracy, %: {measure.ACCURACY}. Exported is the {ADAPTIVE} head of "
            f"{row_title(results[-1].name)}.",
        ),
    )


def _heads_table(config: PaperSettings, results: Sequence[NetworkResult]) -> Table:
    rows: dict[Key, Mapping[str, Figure]] = {}
    for result in results:
        for label, head in result.heads.items():
            rows[row_title(result.name), label.replace("_", " ")] = {
                "epochs": float(head["history_epoch"][-1]),
                "mAP held out": result.held_out[label],
                "mAP queries": result.tests[label],
                **{
                    name: float(head.get(f"history_{name}", [math.nan])[-1])
                    for name in ROUND_FIGURES
                },
            }
    return Table(
        "All heads, by the held-out pictures and by the queries",
        ("network", "head"),
        (
            Column("epochs", ""),
            Column("mAP held out"),
            Column("mAP queries"),
            *(Column(name, "") for name in ROUND_FIGURES),
        ),
        rows,
        (
            _PROTOCOLS[config.protocol],
            "margin1 is that of the last mining; distances and shares are means over its triplets "
            "during the last epoch of training: d(A, P), d(A, N), gap, share of gaps above "
            f"{config.gap_target:g}, share of gaps below the margin, all in squared distances "
            f"where the head is. Codes of {config.bits} bits are at most "
            f"{2 * math.sqrt(config.bits):.1f} apart.",
        ),
    )


def _saliency_table(opened: Opened[PaperSettings, Divided], view: View) -> Table:
    """What was looked at, by whom, and how well the boxes meet the true ones."""
    assert view.localizer is not None and view.found is not None  # A crop.
    area = np.prod(view.found[:, 2:] - view.found[:, :2], axis=1).mean()
    notes = (
        f"{saliency.described(view.localizer, view.region)} Alpha {view.alpha}. The region is the "
        "same in training, database, queries and export; the boxes cover "
        f"{number(float(area))} % of the pictures.",
    )
    found = saliency.localizations({"saliency": view.found}, opened.data)
    return saliency.localization_table("Saliency", found, notes)


def _pairs(config: PaperSettings) -> Iterator[Pair]:
    """The adaptive margin and its rivals, then every network and the one before it."""
    rivals = [CROSS_ENTROPY_CODES, fixed_row(config), PREDICTED]
    rivals += [BEST_BY_QUERIES] if config.protocol == PAPER else []
    networks = [
        row_title(row_name(name, reads)) for name in config.networks for reads in config.hash_input
    ]
    for network in networks:
        for rival in (*rivals, FEATURES):
            yield Pair((network, ADAPTIVE_CODES), (network, rival))
    for former, latter in itertools.pairwise(networks):
        for row in (CROSS_ENTROPY_CODES, ADAPTIVE_CODES):
            yield Pair((latter, row), (former, row))


def _histories(results: Sequence[NetworkResult]) -> dict[str, History]:
    """``NETWORK`` of stage 1 and ``NETWORK/HEAD`` of stage 2 -> their curves."""
    histories: dict[str, History] = {}
    for result in results:
        histories[result.name] = result.stage1
        for label, head in result.heads.items():
            histories[f"{result.name}/{label}"] = hash_heads.history(head)
    return histories


def predicted_codes(logits: np.ndarray, bits: int, seed: int) -> np.ndarray:
    """A random code for the class that a classifier predicts, float32 ``[N, bits]``.

    The control of Sablayrolles et al. 2017: on classes that were trained on it retrieves as well as
    the classifier classifies, without any hashing having been learned.
    """
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], (logits.shape[1], bits))
    return np.asarray(signs[logits.argmax(axis=1)], np.float32)


def itq_codes(inputs: np.ndarray, fit: np.ndarray, bits: int, seed: int) -> np.ndarray | None:
    """Codes by iterative quantization of the inputs scaled to length one, where the pictures of
    ``fit`` vary in so many directions, float32 ``[N, bits]``; ``None`` where they do not."""
    lengths = np.linalg.norm(inputs, axis=1, keepdims=True)
    unit = inputs / np.maximum(lengths, 1e-12)
    try:
        return IterativeQuantization(bits, random_state=seed).fit(unit[fit]).transform(unit)
    except ValueError:
        return None


def measured(
    opened: Opened[PaperSettings, Divided],
    name: str,
    stage1: Stage1,
    inputs: np.ndarray,
    heads: dict[str, Arrays],
    held_out: dict[str, float],
    best: str,
) -> NetworkResult:
    """Every row of a network, measured.

    Args:
        inputs: what the hash layers read, of all pictures.
        held_out: label of a head -> mAP of the held-out pictures.
        best: label of the fixed margin that counts.
    """
    config, data = opened.config, opened.data
    hyperplanes = random_hyperplanes(inputs, data.fit, config.bits, config.seed)
    unlabelled = itq_codes(inputs, data.fit, config.bits, config.seed)
    predicted = predicted_codes(stage1.logits, config.bits, config.seed)
    codes = {label: head["codes"] for label, head in heads.items()}
    tests = {label: measure.query_map(c, data) for label, c in codes.items()}
    return NetworkResult(
        name,
        measure.accuracy(stage1.logits, data),
        {
            FEATURES: measure.measure_features(inputs, data),
            HYPERPLANES: measure.measure_codes(hyperplanes, data),
            **({} if unlabelled is None else {ITQ: measure.measure_codes(unlabelled, data)}),
            PREDICTED: measure.measure_codes(predicted, data),
            CROSS_ENTROPY_CODES: measure.measure_codes(codes[CROSS_ENTROPY], data),
            ADAPTIVE_CODES: measure.measure_codes(codes[ADAPTIVE], data),
        },
        {label: measure.measure_codes(codes[label], data) for label in {best, best_margin(tests)}},
        heads,
        tests,
        held_out,
        best,
        stage1.history,
        stage1.seconds,
    )
