"""A row of the comparison: a method at every length, trained and measured; a file of the run."""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Sequence

import numpy as np

from recipes.common import measure
from recipes.common.data import Divided
from recipes.common.heads import Arrays
from recipes.common.opened import Opened
from recipes.comparison.choices import Choice
from recipes.comparison.end_to_end import train_network
from recipes.comparison.inputs import Inputs
from recipes.comparison.methods import METHODS, REAL_VALUED
from recipes.comparison.progress import CHOICE, timed
from recipes.comparison.settings import ComparisonSettings
from recipes.comparison.training import Wanted, train
from recipes.comparison.untrained import codes_of
from tfretrieval.codes import pack, unpack

FIGURES = tuple(column.name for column in measure.COLUMNS)


@dataclasses.dataclass(frozen=True, eq=False)
class Cell:
    """A method at a length.

    Attributes:
        figures: name -> number; empty where there are no codes of this length.
        average_precision: float64 ``[Q]``.
        definition: of the main figure.
        packed: of all pictures, ``None`` for real-valued features.
    """

    figures: dict[str, float] = dataclasses.field(default_factory=dict)
    average_precision: np.ndarray = dataclasses.field(default_factory=lambda: np.empty(0))
    definition: str = ""
    packed: np.ndarray | None = None

    def codes(self, bits: int) -> np.ndarray:
        """Codes of all pictures, int8 ``[N, bits]`` of -1 and 1."""
        assert self.packed is not None
        return unpack(self.packed, bits)


@dataclasses.dataclass(frozen=True, eq=False)
class MethodRow:
    """A method at every length.

    Attributes:
        cells: bits -> cell.
        seconds: of training and coding all of them.
        milliseconds: in which a picture becomes what the method reads: the pass of the network, or
            of another descriptor. The product behind it takes a thousandth of that.
    """

    cells: dict[int, Cell]
    seconds: float
    milliseconds: float


def names(config: ComparisonSettings, methods: Sequence[str]) -> list[str]:
    """The files of a run with these methods, without their suffix, in the order of their making."""
    grid = [(reads, method) for reads in config.hash_input for method in methods]
    chosen = [f"{reads}/{method}" for reads, method in grid if METHODS[method].trained]
    choices = [f"{CHOICE}/{one}" for one in chosen if config.choose]
    return [*choices, *(f"{reads}/{method}" for reads, method in grid)]


def method_row(
    opened: Opened[ComparisonSettings, Divided], inputs: Inputs, method: str, choice: Choice
) -> MethodRow:
    """Trains and measures a method, or loads what it gave."""
    config = opened.config
    real_valued = METHODS[method].family == REAL_VALUED
    lengths = (config.bits,) if real_valued else tuple(sorted(config.bit_lengths))
    step = functools.partial(_compute, opened, inputs, method, lengths, choice)
    found = opened.folder.step(f"{inputs.reads}/{method}", timed(step))
    cells = {
        bits: Cell(
            dict(zip(FIGURES, found[f"{bits}/figures"].tolist(), strict=True)),
            found[f"{bits}/average_precision"],
            str(found[f"{bits}/definition"]),
            found.get(f"{bits}/packed"),
        )
        if f"{bits}/figures" in found
        else Cell()
        for bits in lengths
    }
    return MethodRow(cells, float(found["seconds"]), float(found["milliseconds"]))


def _compute(
    opened: Opened[ComparisonSettings, Divided],
    inputs: Inputs,
    method: str,
    lengths: Sequence[int],
    choice: Choice,
) -> Arrays:
    config, data = opened.config, opened.data
    if METHODS[method].family == REAL_VALUED:
        row = measure.measure_features(inputs.task_of(method).features, data)
        took = {"seconds": 0.0, "milliseconds": inputs.milliseconds(method)}
        return {**_measured(row, config.bits), **took}
    made, seconds = _made(opened, inputs, method, lengths, choice)
    arrays: Arrays = {"seconds": seconds, "milliseconds": inputs.milliseconds(method)}
    for bits, codes in zip(lengths, made, strict=True):
        if codes is not None:
            arrays |= _measured(measure.measure_codes(codes, data), bits)
            arrays[f"{bits}/packed"] = pack(codes)
    return arrays


def _made(
    opened: Opened[ComparisonSettings, Divided],
    inputs: Inputs,
    method: str,
    lengths: Sequence[int],
    choice: Choice,
) -> tuple[Sequence[np.ndarray | None], float]:
    """Codes of every length, and the seconds of training and coding them."""
    config, task, begun = opened.config, inputs.task_of(method), time.monotonic()
    made: Sequence[np.ndarray | None]
    if METHODS[method].trained and config.end_to_end:
        found = [train_network(opened, inputs, method, bits, choice) for bits in lengths]
        return [one["codes"] for one in found], float(sum(one["seconds"] for one in found))
    if METHODS[method].trained:
        wanted = [Wanted(bits, choice.best.value) for bits in lengths]
        made = train(method, wanted, choice.best.rate, task, config)
    else:
        read, fit, logits = task.features, task.fit, inputs.logits
        made = [codes_of(method, bits, read, fit, logits, config.seed) for bits in lengths]
    return made, time.monotonic() - begun


def _measured(row: measure.Row, bits: int) -> Arrays:
    return {
        f"{bits}/figures": [row.figures[name] for name in FIGURES],
        f"{bits}/average_precision": row.average_precision,
        f"{bits}/definition": row.definition,
    }
