"""Tables 1 to 3 and figures 4, 5 and 7 of Pan et al. 2021: what was published beside ours.

A table is made of cells, each one network on one view of the pictures at one code length. A cell
that is measured is a file of the run and is not measured again; the table is written anew after
every cell, with "not measured" where nothing was run yet. Published figures stand only beside the
data that they were measured on: all of the set, its own parts.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from data_pipelines.view import WHOLE
from recipes.common import report
from recipes.common.about import ran_on
from recipes.common.cli import require
from recipes.common.data import Divided
from recipes.common.networks import check_weights
from recipes.common.opened import Opened
from recipes.common.recipe import opened
from recipes.common.report import NOT_MEASURED, Column, Figure, Key, Report, Table
from recipes.triplet import saliency
from recipes.triplet.classifiers import Looking
from recipes.triplet.figures import DISTANCES
from recipes.triplet.margins import ADAPTIVE
from recipes.triplet.protocol import HELD_OUT, PAPER, SELECTED
from recipes.triplet.published import FPH, NOT_FOUND, PAPER_TEXT, published_beside
from recipes.triplet.settings import WHOLE_PICTURES, PaperSettings
from recipes.triplet.view_row import ACCURACY, CODES, MAPS, R1, ViewRow, measure_view
from recipes.triplet.work import BITS, Cell, cells, looks, row_name
from tfretrieval import plots
from tfretrieval.backbones.networks import title
from tfretrieval.run_folder import RunFolder, folder_of_seeds

Measured = Mapping[Cell, Mapping[str, Figure]]
WHERE = "where"
PUBLISHED, OURS = "published", "ours"
_PROTOCOLS = {
    PAPER: "trained on all of the training part, last epoch",
    HELD_OUT: "{:g} of the training part left out of training",
}
DEFINITIONS = (
    "Accuracy: queries that stage 1 classifies right; mAP: Hamming distance, tie-aware, over the "
    "whole database; R@1: queries whose nearest picture is of their class; all in %."
)


def run(
    load: Callable[[PaperSettings, RunFolder], Divided],
    config: PaperSettings,
    run_dir: str,
    seeds: int,
    numbers: Sequence[int],
) -> str:
    """Measures what is missing of the tables ``numbers`` and returns them."""
    require(config.protocol != SELECTED, "--table chooses nothing: leave --protocol selected out")
    config.require_no_frozen_block(config.table_networks, "name other --table-networks")
    if seeds == 1:
        folder = RunFolder(run_dir, config)
        runs = {config.seed: folder}
    else:
        folder = folder_of_seeds(run_dir, config)
        several = range(config.seed, config.seed + seeds)
        runs = {
            seed: RunFolder(folder / f"seed-{seed}", dataclasses.replace(config, seed=seed))
            for seed in several
        }
    for seed, inside in runs.items():
        measure = None
        for number in numbers:
            for cell in cells(number, config):
                if (inside / _file(cell)).exists():
                    continue
                if measure is None:
                    one = dataclasses.replace(config, seed=seed)
                    measure = _bench(opened(one, inside, load, lambda c: _check(c, numbers)))
                print(f"table {number}, seed {seed}: {cell.key}", flush=True)
                inside.write_json(_file(cell), report.defined(measure(cell).figures))
                _write(number, config, folder, runs)
    return "\n".join(_write(number, config, folder, runs) for number in numbers)


def _file(cell: Cell) -> str:
    return f"cells/{cell.key}.json"


def _check(config: PaperSettings, numbers: Sequence[int]) -> None:
    """What these tables need, and no more: table 1 is of whole pictures."""
    wanted = [cell for number in numbers for cell in cells(number, config)]
    check_weights({cell.network for cell in wanted}, config)
    if looks(cell.name for cell in wanted):
        saliency.pretrained(config)


def _bench(run: Opened[PaperSettings, Divided]) -> Callable[[Cell], ViewRow]:
    """What measures the cells of the tables of one seed."""
    looking = Looking(run)

    def measure(cell: Cell) -> ViewRow:
        view = WHOLE if cell.alpha == WHOLE_PICTURES else looking.crop(cell.alpha)
        return measure_view(run.with_config(bits=cell.bits), cell.name, view)

    return measure


def _write(
    number: int, config: PaperSettings, folder: RunFolder, runs: Mapping[int, RunFolder]
) -> str:
    """The table as far as it is measured, and its figures when all of it is."""
    wanted = cells(number, config)
    begun = {seed: inside for seed, inside in runs.items() if (inside / "data.json").exists()}
    reports = []
    for seed, inside in begun.items():
        measured = {
            cell: inside.read_json(_file(cell)) if (inside / _file(cell)).exists() else {}
            for cell in wanted
        }
        reports.append(_report(number, config, seed, measured, inside))
    text = report.write_as(f"table_{number}", reports, folder)
    if all((inside / _file(cell)).exists() for inside in runs.values() for cell in wanted):
        _draw(number, config, wanted, folder, list(runs.values()))
    return text


def _report(
    number: int, config: PaperSettings, seed: int, measured: Measured, folder: RunFolder
) -> Report:
    what, compose = {
        1: (f"networks and losses, {config.bits} bits", _networks),
        2: (
            f"the threshold of the saliency crop, {_network(config)}, {config.bits} bits",
            _thresholds,
        ),
        3: (f"code lengths, {_network(config)}, alpha {config.alpha}", _lengths),
    }[number]
    data = folder.read_json("data.json")
    return Report(
        title=f"Table {number} of Pan et al. 2021: {what}",
        seed=seed,
        about=(
            f"Ours: {data['name']}, {data['train']} training pictures, {data['query']} queries, "
            f"{data['classes']} classes, {config.image_size} pixels, width {config.width}, weights "
            f"{config.weights}, {_PROTOCOLS[config.protocol].format(config.held_out)}.",
            config.told,
            *_looked(number, config),
            *(f"Note: {note}" for note in data["notes"]),
            DEFINITIONS,
            ran_on(folder),
        ),
        tables=compose(config, data["name"], measured),
    )


def _network(config: PaperSettings) -> str:
    """Whose tables 2 and 3 are."""
    return title(config.table_networks[-1])


def _looked(number: int, config: PaperSettings) -> Key:
    """Who looks, where the table has crops."""
    if not looks(cell.name for cell in cells(number, config)):
        return ()
    layer = config.saliency_layer or "the deepest map of 4x4 cells or more"
    own = not saliency.pretrains(config.saliency_network)
    weights = "its own" if own else config.saliency_weights
    return (
        f"Saliency network: {config.saliency_network}, weights {weights}, layer {layer}, "
        f"{config.saliency_maps} of the channels, {config.grey}; region {config.region}.",
    )


def _networks(config: PaperSettings, where: str, measured: Measured) -> tuple[Table, Table]:
    published = published_beside(config)
    rows: dict[Key, Mapping[str, Figure]] = {}
    if published:
        of = f"{PUBLISHED}, {published.title}"
        paper = (published.accuracy, published.cross_entropy, published.triplet, PAPER_TEXT)
        block = ("no clear change", NOT_FOUND, published.triplet_i, PAPER_TEXT)
        columns = (ACCURACY, *MAPS, WHERE)
        rows["ResNet18", of] = dict(zip(columns, paper, strict=True))
        rows["ResNet18-I", of] = dict(zip(columns, block, strict=True))
    for cell, found in measured.items():
        rows[title(cell.network), OURS] = {**found, WHERE: where} if found else {}
    plain_row, *others = measured.values()
    plain = title(config.table_networks[0])
    claims = (published.gain if published else "-", "no clear change", "higher on Stanford Dogs")
    columns_of_all = (Column(ACCURACY), *map(Column, MAPS), Column(WHERE, ""))
    statements = {
        f"triplet instead of cross-entropy, {plain}, mAP": (
            claims[0],
            _gain(plain_row, plain_row, MAPS[1], MAPS[0]),
        )
    }
    for row in others:
        statements |= {
            "the block, accuracy": (claims[1], _gain(row, plain_row, ACCURACY)),
            "the block, mAP of the triplet": (claims[2], _gain(row, plain_row, MAPS[1])),
        }
    return Table("", ("network", "whose"), columns_of_all, rows), _statements(statements)


def _thresholds(config: PaperSettings, where: str, measured: Measured) -> tuple[Table, Table]:
    published = published_beside(config)
    crop = next(found for cell, found in measured.items() if cell.alpha == 0.4)
    whole = next(found for cell, found in measured.items() if cell.alpha == WHOLE_PICTURES)
    claim = published.crop if published else "-"
    return (
        Table(
            "",
            ("alpha",),
            (Column(ACCURACY), Column(MAPS[1]), Column(R1)),
            {(str(cell.alpha),): found for cell, found in measured.items()},
        ),
        _statements(
            {
                "alpha 0.4 over whole pictures, accuracy": (claim, _gain(crop, whole, ACCURACY)),
                "alpha 0.4 over whole pictures, mAP": (claim, _gain(crop, whole, MAPS[1])),
            }
        ),
    )


def _lengths(config: PaperSettings, where: str, measured: Measured) -> tuple[Table, Table]:
    published = published_beside(config)
    lengths = [f"{bits} bits" for bits in BITS]
    rows: dict[Key, Mapping[str, Figure]] = {}
    if published:
        for name, values, source in (
            ("FPH", published.fph, FPH),
            ("Pan et al.", published.paper, PAPER_TEXT),
        ):
            shown = dict(zip(lengths, values, strict=True))
            rows[f"{name}, {PUBLISHED}, {published.title}",] = {**shown, WHERE: source}
    for codes, column in zip(CODES, MAPS, strict=True):
        known = zip(lengths, measured.values(), strict=True)
        values_found = {length: found[column] for length, found in known if found}
        rows[f"{OURS}, {codes}",] = {**values_found, WHERE: where}
    above: Figure = NOT_MEASURED
    means = [found.get(MAPS[1]) for found in measured.values()]
    if published and published.dataset == "caltech_birds2011" and None not in means:
        pairs = zip(means, published.fph, strict=True)
        count = sum(100 * float(m or 0) > float(f) for m, f in pairs)
        above = f"at {count} of {len(BITS)}"
    return (
        Table("", ("mAP",), (*map(Column, lengths), Column(WHERE, "")), rows),
        _statements({"above FPH at every length on CUB-200-2011": ("yes", above)}),
    )


def _statements(rows: Mapping[str, tuple[str, Figure]]) -> Table:
    return Table(
        "What the paper says",
        ("statement",),
        (Column(PUBLISHED, ""), Column(OURS, "points")),
        {(name,): {PUBLISHED: claim, OURS: ours} for name, (claim, ours) in rows.items()},
    )


def _gain(
    first: Mapping[str, Figure], second: Mapping[str, Figure], figure: str, other: str | None = None
) -> Figure:
    """First less second, in points."""
    if not first or not second:
        return NOT_MEASURED
    one, two = first[figure], second[other or figure]
    if not isinstance(one, float) or not isinstance(two, float):
        return None
    return 100 * (one - two)


def _draw(
    number: int,
    config: PaperSettings,
    wanted: Sequence[Cell],
    folder: RunFolder,
    runs: Sequence[RunFolder],
) -> None:
    """Figures 4 and 5 with table 1, figure 7 with table 3: means over the seeds."""
    heads = {
        cell: [
            one.read_arrays(f"{row_name(cell.name, config.hash_input[-1])}/{ADAPTIVE}-{cell.bits}")
            for one in runs
        ]
        for cell in wanted
    }

    def mean(cell: Cell, key: str) -> list[float]:
        return [*map(float, np.mean([head[key] for head in heads[cell]], axis=0))]

    def curve(cell: Cell) -> tuple[list[float], list[float]]:
        return mean(cell, "history_epoch"), mean(cell, "history_map")

    of = f"{config.dataset}, adaptive triplet"
    drawn: dict[str, Callable[[], Any]] = {}
    if number == 1:
        drawn["figure_4"] = lambda: plots.map_curves(
            {f"{config.bits} bits": {title(cell.network): curve(cell) for cell in wanted}},
            f"{of}: mAP of the queries",
        )
        drawn["figure_5"] = lambda: plots.distance_curves(
            {
                # Nothing was trained in the round before the first.
                title(cell.network): {name: mean(cell, f"history_{name}")[1:] for name in DISTANCES}
                for cell in wanted
            },
            config.gap_target,
            f"{of}: mined triplets",
        )
    if number == 3:
        drawn["figure_7"] = lambda: plots.map_curves(
            {_network(config): {f"{cell.bits} bits": curve(cell) for cell in wanted}},
            f"{of}: mAP of the queries",
        )
    report.draw(drawn, folder)
