"""The figures of a comparison: by length, precision and recall, time."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from recipes.common import measure
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.comparison.cells import MethodRow
from recipes.comparison.methods import FAMILIES, METHODS, REAL_VALUED
from recipes.comparison.settings import ComparisonSettings
from tfretrieval import plots

TRAINING, PICTURE = "training and coding, all lengths", "reading a picture"
# What heads read -> method -> its row.
Rows = Mapping[str, Mapping[str, MethodRow]]


def figures(opened: Opened[ComparisonSettings, Divided], rows: Rows) -> dict[str, Any]:
    """Name -> what draws it, of every input of the heads."""
    drawn: dict[str, Callable[[], Any]] = {}
    for reads, methods in rows.items():
        for name, figure, label in (
            ("map_by_bits", "mAP", "mAP"),
            ("radius_2_by_bits", "P(r<=2)", "precision within Hamming radius 2"),
        ):
            drawn[f"{name}_{reads}"] = functools.partial(
                _by_bits, opened.config, methods, figure, label, reads
            )
        drawn[f"time_{reads}"] = functools.partial(_time, methods, reads)
        drawn[f"precision_recall_{reads}"] = functools.partial(
            _precision_recall, opened, methods, reads
        )
    return drawn


def _families(lines: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Method -> line, by family."""
    panels: dict[str, dict[str, Any]] = {}
    for family in FAMILIES:
        for method, line in lines.items():
            if METHODS[method].family == family:
                panels.setdefault(family, {})[METHODS[method].title] = line
    return panels


def _by_bits(
    config: ComparisonSettings,
    methods: Mapping[str, MethodRow],
    figure: str,
    label: str,
    reads: str,
) -> Any:
    lines = {
        method: (
            [bits for bits, one in row.cells.items() if one.figures],
            [one.figures[figure] for one in row.cells.values() if one.figures],
        )
        for method, row in methods.items()
        if METHODS[method].family != REAL_VALUED
    }
    ticks = sorted(config.bit_lengths)
    return plots.families(_families(lines), "bits", label, f"Heads on {reads}", ticks)


def _time(methods: Mapping[str, MethodRow], reads: str) -> Any:
    rows = {METHODS[method].title: row for method, row in methods.items()}
    measures = {
        f"{TRAINING}, s": {title: row.seconds for title, row in rows.items()},
        f"{PICTURE}, ms": {title: row.milliseconds for title, row in rows.items()},
    }
    kinds = {METHODS[m].title: METHODS[m].family for m in methods}
    ordered = {
        title: kinds[title] for family in FAMILIES for title in kinds if kinds[title] == family
    }
    return plots.bars(measures, ordered, f"Heads on {reads}")


def _precision_recall(
    opened: Opened[ComparisonSettings, Divided],
    methods: Mapping[str, MethodRow],
    reads: str,
) -> Any:
    bits, lines = opened.config.bits, {}
    for method, row in methods.items():
        cell = row.cells[bits]
        if METHODS[method].family != REAL_VALUED and cell.figures:
            found, _ = measure.retrieve(measure.by_codes, cell.codes(bits), opened.data)
            recall, precision = found.precision_recall_curve
            # What a ball that is mostly empty says is nothing.
            shown = np.asarray(recall) > 0.01
            lines[method] = (recall[shown], precision[shown])
    title = f"Heads on {reads}, {bits} bits, a point a Hamming radius"
    return plots.families(_families(lines), "recall", "precision", title)
