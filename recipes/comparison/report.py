"""What a comparison says: mAP by length, all figures at one, what was chosen, what is certain."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping

from recipes.common import measure
from recipes.common.about import about
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.report import Column, Figure, Key, Pair, Report, Table
from recipes.comparison.cells import MethodRow
from recipes.comparison.choices import Choice
from recipes.comparison.chosen import chosen
from recipes.comparison.figures import Rows, figures
from recipes.comparison.methods import FAMILIES, METHODS, RATES, TRIALS
from recipes.comparison.published import published
from recipes.comparison.settings import ComparisonSettings

ADAPTIVE = "adaptive_triplet"


@dataclasses.dataclass(frozen=True, eq=False)
class Comparison:
    """All of a run.

    Attributes:
        rows: what heads read -> method -> its row.
        choices: what heads read -> method -> choice.
        accuracy: of stage 1.
    """

    rows: Rows
    choices: Mapping[str, Mapping[str, Choice]]
    accuracy: float


def compose(opened: Opened[ComparisonSettings, Divided], found: Comparison) -> Report:
    """The report of a comparison."""
    config = opened.config
    tables = [
        _by_bits(config, found),
        _at_one_length(config, found),
        chosen(found.choices),
    ]
    beside = published(config, opened.data)
    ap = {key: row.cells[config.bits].average_precision for key, row in _rows(found)}
    pairs = [
        Pair((reads, METHODS[ADAPTIVE].title), (reads, METHODS[method].title))
        for reads, methods in found.rows.items()
        if ADAPTIVE in methods
        for method, row in methods.items()
        if method != ADAPTIVE and row.cells[config.bits].figures
    ]
    return Report(
        title=(
            f"All methods{', whole networks,' if config.end_to_end else ''} on {config.network}, "
            f"{opened.data.name}, {config.view}"
        ),
        seed=config.seed,
        about=(*about(opened), config.told, _told(config)),
        tables=tuple(tables if beside is None else [*tables, beside]),
        notes=_accuracy(found.accuracy),
        pairs=tuple(pairs),
        precisions={key: one for key, one in ap.items() if len(one)},
        seconds=_seconds(found),
        figures=figures(opened, found.rows),
        # As many comparisons as pairs: Bonferroni.
        level=1 - 0.05 / max(len(pairs), 1),
    )


def _told(config: ComparisonSettings) -> str:
    chosen = (
        f"Each method's number and rate were chosen on held-out training pictures at {config.bits} "
        f"bits, at most {TRIALS} trainings a method; then all of the training part is trained on."
        if config.choose
        else f"Each method has its middle number and the rate {RATES[0]:g}: nothing was chosen."
    )
    return (
        f"Heads: Adam, {config.hash_epochs} epochs, batches of {config.classes_per_batch} classes "
        f"with {config.images_per_class} pictures each, the same for all; mined triplets: "
        f"{config.batch} triplets a batch, mined anew every {config.remine} epochs. {chosen}"
    ) + (_together(config) if config.end_to_end else "")


def _together(config: ComparisonSettings) -> str:
    return (
        f" Then each network was trained with its head, {config.fine_tune_epochs} epochs of these "
        f"batches, augmented: Adam at {config.fine_tune_rate:g}, an epoch of warm-up, cosine "
        "decay, normalisation as it was; mined triplets are the hardest of the batch there. "
        "Numbers and the rate of the head are those of the frozen network."
    )


def _accuracy(accuracy: float) -> tuple[str, ...]:
    """What stage 1 names right; nothing where no query is of a class that it knows."""
    if math.isnan(accuracy):
        return ()
    return (f"Accuracy of stage 1: {measure.ACCURACY}, {100 * accuracy:.1f} %.",)


def _rows(found: Comparison) -> Iterator[tuple[Key, MethodRow]]:
    """Names of a row and the row, family after family."""
    for reads, methods in found.rows.items():
        for family in FAMILIES:
            for method, row in methods.items():
                if METHODS[method].family == family:
                    yield (reads, METHODS[method].title), row


def _by_bits(config: ComparisonSettings, found: Comparison) -> Table:
    lengths = sorted(config.bit_lengths)
    rows: dict[Key, dict[str, Figure]] = {}
    for key, row in _rows(found):
        rows[key] = {
            # What has no length has one cell.
            f"{bits} bits": row.cells.get(bits, row.cells[config.bits]).figures.get("mAP")
            for bits in lengths
        }
    return Table(
        "",
        ("heads read", "method"),
        tuple(Column(f"{bits} bits") for bits in lengths),
        rows,
        (
            *_definitions(config, found),
            "- A real-valued row has no length: its mAP stands under each, by cosine.",
            *(
                [
                    "- SCDA reads the map that the network pools, FPH the means of all stages, HOG "
                    "and colours the picture: the same whatever the heads read."
                ]
                if any(METHODS[m].reads for rows in found.rows.values() for m in rows)
                else []
            ),
        ),
    )


def _definitions(config: ComparisonSettings, found: Comparison) -> Iterator[str]:
    """What mAP is: once for all codes, and for the rows of features of each width."""
    shown: dict[str, dict[str, None]] = {}
    for (reads, title), row in _rows(found):
        cell = row.cells[config.bits]
        if cell.figures:
            codes = f"codes, here those of {config.bits} bits"
            name = codes if cell.packed is not None else f"{title} ({reads})"
            shown.setdefault(cell.definition, {})[name] = None
    return (f"- mAP, %, of {', '.join(names)}: {one}" for one, names in shown.items())


def _at_one_length(config: ComparisonSettings, found: Comparison) -> Table:
    return Table(
        f"{config.bits} bits",
        ("heads read", "method"),
        measure.COLUMNS,
        {key: row.cells[config.bits].figures for key, row in _rows(found)},
        measure.DEFINITIONS,
    )


def _seconds(found: Comparison) -> dict[str, float]:
    """Training of every method, and what is read: as many seconds for a thousand pictures as
    milliseconds for one."""
    training = {
        f"{reads}, {title}, all lengths": row.seconds for (reads, title), row in _rows(found)
    }
    reading = {
        f"{METHODS[method].reads or 'network'}: reading 1,000 pictures": row.milliseconds
        for methods in found.rows.values()
        for method, row in methods.items()
    }
    return {**training, **reading}
