"""A report is data: tables of figures, each with what it means, and one writer for all of them.

A method composes a :class:`Report` from its numbers. The same report of one seed prints its values,
of several seeds mean and standard deviation, the values of each, and differences with intervals. It
is written as CSV, LaTeX and JSON of one schema, figures, a page and Markdown, ``report.md`` last.
"""

from __future__ import annotations

import csv
import dataclasses
import functools
import io
import itertools
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from recipes.common import report_page
from tfretrieval import latex
from tfretrieval.evaluation import paired_bootstrap
from tfretrieval.run_folder import RunFolder

Figure = float | str | None
Key = tuple[str, ...]
NOT_MEASURED, NOT_DEFINED = "not measured", "-"
# Of the files with the numbers of a report.
NUMBERS = "results"
INTERVALS = (
    "Average precision of each query, averaged over the seeds; percentile bootstrap over the "
    "queries, 10,000 resamples. The interval speaks about other queries, not other seeds."
)
OVER_SEEDS = "Mean ± standard deviation over the seeds {}; below, the values of each in this order."


@dataclasses.dataclass(frozen=True)
class Column:
    """A figure of a table: its name, and its unit, % for a share that is shown times a hundred."""

    name: str
    unit: str = "%"


@dataclasses.dataclass(frozen=True)
class Table:
    """Figures of rows.

    Attributes:
        title: tells the tables of a report apart; the main one has none.
        keys: what the names of a row are.
        columns: the figures.
        rows: names of a row -> column -> figure. A column that is absent was not measured; None or
            NaN is a figure that is not defined.
        notes: definitions, below the table.
    """

    title: str
    keys: Key
    columns: tuple[Column, ...]
    rows: Mapping[Key, Mapping[str, Figure]]
    notes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Pair:
    """Two rows that the same queries search, by their names in ``Report.precisions``."""

    first: Key
    second: Key


@dataclasses.dataclass(frozen=True, eq=False)
class Report:
    """What a run with one seed says.

    Attributes:
        title: of the experiment, without the seed.
        seed: of the run.
        about: which data, when, on what.
        tables: the main one first.
        notes: what is to be said of all of it, in the end.
        pairs: rows whose difference is shown.
        precisions: names -> average precision of each query, ``[Q]``.
        histories: name of a training -> figure -> a value an epoch.
        seconds: what took how long.
        figures: name -> what draws it; empty in a report that was read.
        level: of the interval of each pair.
    """

    title: str
    seed: int
    about: tuple[str, ...]
    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()
    pairs: tuple[Pair, ...] = ()
    precisions: Mapping[Key, np.ndarray] = dataclasses.field(default_factory=dict)
    histories: Mapping[str, Mapping[str, np.ndarray]] = dataclasses.field(default_factory=dict)
    seconds: Mapping[str, float] = dataclasses.field(default_factory=dict)
    figures: Mapping[str, Callable[[], Any]] = dataclasses.field(default_factory=dict)
    level: float = 0.95


def write(report: Report, folder: RunFolder) -> str:
    """Writes numbers, then figures, then ``report.md`` of a run; returns that."""
    folder.write_text("metrics.jsonl", "".join(json.dumps(r) + "\n" for r in _epochs(report)))
    precisions = {_name(key): ap for key, ap in report.precisions.items()}
    folder.step("average_precision", lambda: precisions)
    _write_numbers([report], folder, NUMBERS)
    draw(report.figures, folder)
    return write_as("report", [report], folder)


def draw(figures: Mapping[str, Callable[[], Any]], folder: RunFolder) -> None:
    """Writes ``figures/<name>.png`` of name -> function that draws, where it is not there."""
    for name, figure in figures.items():
        if not (folder / f"figures/{name}.png").exists():
            with folder.writing(f"figures/{name}.png") as partial:
                render(figure, partial)


def render(figure: Callable[[], Any], path: Path) -> None:
    """Draws a figure into a file."""
    figure().savefig(path, dpi=130)


def write_as(name: str, reports: Sequence[Report], folder: RunFolder) -> str:
    """Writes numbers and text of one seed, or what several say together; returns the text."""
    _write_numbers(reports, folder, NUMBERS if name == "report" else name)
    text = "\n".join(_lines(reports)) + "\n"
    several = len(reports) > 1
    figures = {} if several else {key: folder / f"figures/{key}.png" for key in reports[0].figures}
    seeds = [f"seed-{report.seed}/report.html" for report in reports] if several else []
    links = [link for link in seeds if (folder / link).exists()]
    folder.write_text(f"{name}.html", report_page.page(text, figures, links))
    folder.write_text(f"{name}.md", text)
    return text


def read(folder: RunFolder) -> Report:
    """The report of a finished run of one seed."""
    written = folder.read_json(f"{NUMBERS}.json")
    arrays = folder.read_arrays("average_precision")
    pairs = tuple(Pair(tuple(p["first"]), tuple(p["second"])) for p in written["pairs"])
    return Report(
        title=written["title"],
        seed=written["seeds"][0],
        about=tuple(written["about"]),
        tables=tuple(map(_table, written["tables"])),
        notes=tuple(written["notes"]),
        pairs=pairs,
        precisions={key: arrays[_name(key)] for p in pairs for key in (p.first, p.second)},
        seconds={name: values[0] for name, values in written["seconds"].items()},
        # Only their names: they are drawn.
        figures=dict.fromkeys(written["figures"], lambda: None),
        # Of a report that is older than levels.
        level=written.get("level", 0.95),
    )


def _write_numbers(reports: Sequence[Report], folder: RunFolder, name: str) -> None:
    folder.write_json(f"{name}.json", _document(reports))
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(_values(reports))
    folder.write_text(f"{name}.csv", stream.getvalue())
    tabulars = (
        latex.tabular(tables[0].title, len(tables[0].keys), *_shown(tables))
        for tables in _tables(reports)
    )
    folder.write_text(f"{name}.tex", "\n".join(itertools.chain.from_iterable(tabulars)))


def _epochs(report: Report) -> Iterator[dict[str, Any]]:
    """Rows of ``metrics.jsonl``: an epoch of a training each."""
    for name, history in report.histories.items():
        for i in range(max(map(len, history.values()), default=0)):
            values = {key: float(column[i]) for key, column in history.items()}
            epoch = int(values.pop("epoch", i + 1))
            yield {"row": name, "epoch": epoch, **{k: _defined(v) for k, v in values.items()}}


def _document(reports: Sequence[Report]) -> dict[str, Any]:
    """What ``results.json`` holds: lists have a value a seed."""
    first = reports[0]
    return {
        "title": first.title,
        "seeds": [report.seed for report in reports],
        "about": list(_shared([report.about for report in reports])),
        "tables": [
            {
                "title": tables[0].title,
                "keys": list(tables[0].keys),
                "columns": [dataclasses.asdict(column) for column in tables[0].columns],
                "rows": [
                    {
                        "names": list(names),
                        "figures": {name: list(map(_defined, v)) for name, v in figures.items()},
                    }
                    for names, figures in _rows(tables).items()
                ],
                "notes": list(_shared([table.notes for table in tables])),
            }
            for tables in _tables(reports)
        ],
        "notes": list(_shared([report.notes for report in reports])),
        "pairs": [
            {"first": list(pair.first), "second": list(pair.second), **_difference(pair, reports)}
            for pair in first.pairs
        ],
        "figures": list(first.figures),
        "level": first.level,
        "seconds": {
            name: [report.seconds.get(name) for report in reports] for name in first.seconds
        },
    }


def _table(written: Mapping[str, Any]) -> Table:
    return Table(
        written["title"],
        tuple(written["keys"]),
        tuple(Column(**column) for column in written["columns"]),
        {
            tuple(row["names"]): {name: values[0] for name, values in row["figures"].items()}
            for row in written["rows"]
        },
        tuple(written["notes"]),
    )


def _values(reports: Sequence[Report]) -> Iterator[Sequence[Any]]:
    """Rows of ``results.csv``, a value each."""
    yield "table", "row", "figure", "unit", "seed", "value"
    for report in reports:
        for table in report.tables:
            for names, figures in table.rows.items():
                for column in table.columns:
                    value = _defined(figures.get(column.name, NOT_MEASURED))
                    row = (table.title, ", ".join(names), column.name, column.unit, report.seed)
                    yield *row, "" if value is None else value


def _lines(reports: Sequence[Report]) -> Iterator[str]:
    first = reports[0]
    several = len(reports) > 1
    seeds = ", ".join(str(report.seed) for report in reports)
    yield from (f"# {first.title}, seed{'s' * several} {seeds}", "")
    yield from _shared([report.about for report in reports])
    for report in reports if several else ():
        own = [line for line in report.about if line not in _shared([r.about for r in reports])]
        yield from (f"Seed {report.seed}: {line}" for line in own)
    yield ""
    for tables in _tables(reports):
        if tables[0].title:
            yield f"## {tables[0].title}"
            yield ""
        yield from table_lines(tables, seeds)
    if first.pairs:
        yield "## Differences in mAP, paired over queries"
        yield ""
        level = f"{100 * first.level:.4g} % interval"
        header = ("first", "second", "first - second", level, "a value a seed")
        yield from markdown(header[: 4 + several], _pair_cells(reports, several))
        yield ""
        yield INTERVALS
        yield ""
    notes = list(_shared([report.notes for report in reports]))
    if notes:
        yield from notes
        yield ""
    if first.seconds:
        yield "## Time"
        yield ""
        cells = [
            [name, *(number(report.seconds.get(name), "s") for report in reports)]
            for name in first.seconds
        ]
        yield from markdown(["seconds", *(f"seed {r.seed}" for r in reports)], cells)
        yield ""
    if first.figures and several:
        yield "The report of each seed, with its figures, stands in its folder."
    elif first.figures:
        yield "Figures: " + ", ".join(f"figures/{name}.png" for name in first.figures) + "."


def _shown(tables: Sequence[Table]) -> tuple[list[str], list[list[str]]]:
    """Header and rows of a table, from the same one of each seed: values, or means."""
    first = tables[0]
    header = [*first.keys, *(_header(column) for column in first.columns)]
    rows = [
        [*names, *(_mean(figures[c.name], c.unit) for c in first.columns)]
        for names, figures in _rows(tables).items()
    ]
    return header, rows


def table_lines(tables: Sequence[Table], seeds: str = "") -> Iterator[str]:
    """A table as Markdown, from the same one of each seed: means, then the values of each."""
    first, rows = tables[0], _rows(tables)
    header, shown = _shown(tables)
    yield from markdown(header, shown)
    yield ""
    if len(tables) > 1:
        yield OVER_SEEDS.format(seeds)
        yield ""
        yield from markdown(
            header,
            (
                [*names, *(_each(figures[c.name], c.unit) for c in first.columns)]
                for names, figures in rows.items()
            ),
        )
        yield ""
    notes = list(_shared([table.notes for table in tables]))
    if notes:
        yield from notes
        yield ""


def markdown(header: Sequence[str], body: Iterable[Sequence[str]]) -> Iterator[str]:
    """A Markdown table, padded so that it reads in a terminal too."""
    rows = [[cell.replace("|", "\\|") for cell in row] for row in (header, *body)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(c.ljust(w) for c, w in zip(cells, widths, strict=True)) + " |"

    yield line(rows[0])
    yield "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    yield from map(line, rows[1:])


def number(value: Figure, unit: str = "%") -> str:
    """A figure as it is shown.

    >>> number(0.4567), number(12.345, ""), number(1234.5, "s"), number(float("nan")), number("a")
    ('45.7', '12.3', '1234', '-', 'a')
    """
    value = _defined(value)
    if value is None:
        return NOT_DEFINED
    if isinstance(value, str):
        return value
    if unit == "%":
        return f"{100 * value:.1f}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def defined(figures: Mapping[str, Figure]) -> dict[str, Figure]:
    """Figures for a JSON file, which knows no NaN: what is not defined is null."""
    return {name: _defined(value) for name, value in figures.items()}


def _name(names: Key) -> str:
    return "/".join(names)


def _header(column: Column) -> str:
    return f"{column.name}, {column.unit}" if column.unit.strip("%") else column.name


def _defined(value: Figure) -> Figure:
    """None for what is not defined: JSON knows no NaN."""
    if value is None or isinstance(value, str):
        return value
    return float(value) if math.isfinite(value) else None


def _mean(values: Sequence[Figure], unit: str) -> str:
    """One value, or mean and standard deviation of several, over the seeds that were measured."""
    values = [value for value in values if value != NOT_MEASURED]
    if not values:
        return NOT_MEASURED
    if len(values) == 1 or any(isinstance(value, str) for value in values):
        return ", ".join(dict.fromkeys(number(value, unit) for value in values))
    numbers = [value for value in map(_defined, values) if isinstance(value, float)]
    if len(numbers) < len(values):
        return NOT_DEFINED
    # Of equal numbers the deviation may be a rounding error.
    deviation = float(np.std(numbers, ddof=1)) if len(set(numbers)) > 1 else 0.0
    return f"{number(float(np.mean(numbers)), unit)} ± {number(deviation, unit)}"


def _each(values: Sequence[Figure], unit: str) -> str:
    """A value a seed; what is no number, once where all say the same."""
    shown = [number(value, unit) for value in values]
    numbers = any(isinstance(_defined(value), float) for value in values)
    return ", ".join(shown if numbers else dict.fromkeys(shown))


def _tables(reports: Sequence[Report]) -> Iterator[list[Table]]:
    """The same table of every report that has it."""
    for title in dict.fromkeys(table.title for report in reports for table in report.tables):
        yield [table for report in reports for table in report.tables if table.title == title]


def _rows(tables: Sequence[Table]) -> dict[Key, dict[str, list[Figure]]]:
    """Names of a row -> column -> a value a seed."""
    rows = dict.fromkeys(names for table in tables for names in table.rows)
    return {
        names: {
            column.name: [
                table.rows.get(names, {}).get(column.name, NOT_MEASURED) for table in tables
            ]
            for column in tables[0].columns
        }
        for names in rows
    }


def _shared(lists: Sequence[Sequence[str]]) -> list[str]:
    """Lines that all seeds say: what one says of itself stands in its own report."""
    return [line for line in lists[0] if all(line in other for other in lists[1:])]


def _pair_cells(reports: Sequence[Report], several: bool) -> Iterator[list[str]]:
    for pair in reports[0].pairs:
        found = _difference(pair, reports)
        points = [found[key] for key in ("difference", "low", "high")]
        difference, low, high = (NOT_DEFINED if p is None else f"{100 * p:+.1f}" for p in points)
        interval = NOT_DEFINED if low == NOT_DEFINED else f"{low} to {high}"
        each = ", ".join(NOT_DEFINED if v is None else f"{100 * v:+.1f}" for v in found["values"])
        yield [", ".join(pair.first), ", ".join(pair.second), difference, interval, each][
            : 4 + several
        ]


def _difference(pair: Pair, reports: Sequence[Report]) -> dict[str, Any]:
    """First less second: of the mean over the seeds, its interval, and a value a seed.

    Queries that can find nothing have no average precision.
    """
    first, second = (
        np.array([report.precisions[names] for report in reports])
        for names in (pair.first, pair.second)
    )
    defined = ~np.isnan(first - second).any(axis=0)
    if not defined.any():
        return dict.fromkeys(("difference", "low", "high")) | {"values": [None] * len(reports)}
    first, second = first[:, defined], second[:, defined]
    means = (each.mean(axis=0).tobytes() for each in (first, second))
    interval = _interval(*means, reports[0].level)
    values = (first - second).mean(axis=1)
    return {**dict(zip(("difference", "low", "high"), interval, strict=True)), "values": [*values]}


@functools.lru_cache(maxsize=256)
def _interval(first: bytes, second: bytes, level: float) -> tuple[float, float, float]:
    """The bootstrap of two rows, resampled once for JSON and Markdown."""
    rows = (np.frombuffer(each, np.float64) for each in (first, second))
    return paired_bootstrap(*rows, level=level)
