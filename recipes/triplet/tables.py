"""Tables 1 to 3 and figures 4, 5 and 7 of Pan et al. 2021: what was published beside ours.

A table is made of cells, each one network on one view of the pictures at one code length. A cell
that is measured is a file of the run and is not measured again; the table is written anew after
every cell, with "not measured" where nothing was run yet.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from recipes.common import figures, report, session
from recipes.common.published import FPH, NOT_FOUND, PAPER
from recipes.common.run_folder import RunFolder
from recipes.common.view_row import CODES, ViewRow
from tfretrieval import plots

ALPHAS = ("none", 0.2, 0.3, 0.4, 0.5, 0.6)
BITS = (16, 32, 48, 64)
NOT_MEASURED = "not measured"


@dataclasses.dataclass(frozen=True)
class Cell:
    """A network on a view at a code length; ``alpha`` is ``none`` for whole pictures."""

    network: str
    alpha: float | str
    bits: int

    @property
    def key(self) -> str:
        return f"{self.network}@{self.alpha}-{self.bits}"


Measure = Callable[[Cell], ViewRow]


def run(
    config,
    bench: Callable[..., Measure],
    run_dir: str,
    seeds: int,
    numbers: Sequence[int],
) -> str:
    """Measures what is missing of the tables ``numbers`` and returns them.

    Args:
        bench: ``bench(config, folder)`` opens the data of a seed and gives what measures a cell.
    """
    if seeds == 1:
        folder = RunFolder(run_dir, config)
        runs = [(config, folder)]
    else:
        folder = RunFolder(run_dir, config, seeds=seeds)
        several = [dataclasses.replace(config, seed=config.seed + i) for i in range(seeds)]
        runs = [(one, RunFolder(folder / f"seed-{one.seed}", one)) for one in several]
    inner = [inside for _, inside in runs]
    for one, inside in runs:
        measure = None
        for number, cell in [(n, cell) for n in numbers for cell in cells(n, config)]:
            if (inside / f"cells/{cell.key}.json").exists():
                continue
            if measure is None:
                measure = bench(one, inside)
                session.record(folder)
            print(f"table {number}, seed {one.seed}: {cell.key}", flush=True)
            inside.write_json(f"cells/{cell.key}.json", report.defined(measure(cell).figures))
            _write(number, config, folder, inner)
    return "\n\n".join(_write(number, config, folder, inner) for number in numbers)


def cells(number: int, config) -> list[Cell]:
    """The cells of a table, in the order in which they are measured."""
    if number == 1:
        return [Cell(network, "none", config.bits) for network in ("resnet18", "resnet18_i")]
    if number == 2:
        return [Cell("resnet18_i", alpha, config.bits) for alpha in ALPHAS]
    return [Cell("resnet18_i", config.alpha, bits) for bits in BITS]


def cell_name(cell: Cell) -> str:
    """The network's name in the run, shared by all tables: a network is trained once a view."""
    return cell.network if cell.alpha == "none" else f"{cell.network}+{cell.alpha}"


def _write(number, config, folder, runs) -> str:
    wanted = cells(number, config)
    measured = {
        cell: [
            one.read_json(f"cells/{cell.key}.json")
            for one in runs
            if (one / f"cells/{cell.key}.json").exists()
        ]
        for cell in wanted
    }
    compose = {1: _networks, 2: _thresholds, 3: _lengths}[number]
    lines = [*compose(config, measured, len(runs)), "", report.ran_on(folder)]
    text = "\n".join(lines)
    folder.write_text(f"table_{number}.md", text)
    if all(len(found) == len(runs) for found in measured.values()):
        _draw(number, config, wanted, folder, runs)
    return text


def _ours(found: Sequence[dict], figure: str) -> str:
    """A figure over the seeds that were run so far."""
    values = [one[figure] for one in found]
    if not values:
        return NOT_MEASURED
    if None in values:
        return "-"
    return report.percent(values[0]) if len(values) == 1 else report.spread(values)


def _gain(first: Sequence[dict], second: Sequence[dict], figure: str, other: str) -> str:
    """First less second, in points, over the seeds that both have."""
    pairs = list(zip(first, second, strict=False))
    if not pairs:
        return NOT_MEASURED
    if any(a[figure] is None or b[other] is None for a, b in pairs):
        return "-"
    points = [100 * (a[figure] - b[other]) for a, b in pairs]
    return ", ".join(f"{point:+.1f}" for point in points)


def _title(number, config, what, seeds):
    yield f"# Table {number} of Pan et al. 2021: {what}"
    yield ""
    last = config.seed + seeds - 1
    over = f"seed {config.seed}"
    if seeds > 1:
        over = f"mean ± standard deviation of the seeds {config.seed}-{last} that were run"
    protocol = {
        "paper": "trained on all of the training part, last epoch",
        "held_out": f"{config.held_out:g} of the training part left out of training",
    }[config.protocol]
    yield (
        f"Ours: {config.dataset}, {config.image_size} pixels, width {config.width}, {protocol}, "
        f"{over}, %. Accuracy: queries that stage 1 classifies right; mAP: Hamming distance, "
        "tie-aware, over the whole database; R@1: queries whose nearest picture is of their class."
    )
    yield ""


def _networks(config, measured, seeds) -> Iterator[str]:
    published = config.published
    yield from _title(1, config, f"networks and losses, {config.bits} bits", seeds)
    body = []
    if published:
        body = [
            ["ResNet18", f"published, {published.title}", published.accuracy,
             published.cross_entropy, published.triplet, PAPER],
            ["ResNet18-I", f"published, {published.title}", "no clear change",
             NOT_FOUND, published.triplet_i, PAPER],
        ]  # fmt: skip
    for cell, found in measured.items():
        figures = [_ours(found, figure) for figure in ("accuracy", *CODES)]
        body.append([report.TITLES[cell.network], "ours", *figures, config.dataset])
    header = ("network", "", "accuracy", *(f"mAP, {row}" for row in CODES), "where")
    yield from report.table(header, body)
    yield ""
    plain, block = measured.values()
    statements = [
        ("triplet instead of cross-entropy, ResNet18, mAP", published.gain if published else "-",
         _gain(plain, plain, CODES[1], CODES[0])),
        ("the block, accuracy", "no clear change", _gain(block, plain, "accuracy", "accuracy")),
        ("the block, mAP of the triplet", "higher on Stanford Dogs",
         _gain(block, plain, CODES[1], CODES[1])),
    ]  # fmt: skip
    yield from _statements(statements)


def _thresholds(config, measured, seeds) -> Iterator[str]:
    published = config.published
    what = f"the threshold of the saliency crop, ResNet18-I, {config.bits} bits"
    yield from _title(2, config, what, seeds)
    body = [
        [str(cell.alpha), *(_ours(found, figure) for figure in ("accuracy", CODES[1], "R@1"))]
        for cell, found in measured.items()
    ]
    header = ("alpha", "accuracy", f"mAP, {CODES[1]}", f"R@1, {CODES[1]}")
    yield from report.table(header, body)
    yield ""
    crop = next(found for cell, found in measured.items() if cell.alpha == 0.4)
    whole = next(found for cell, found in measured.items() if cell.alpha == "none")
    claim = published.crop if published else "-"
    yield from _statements(
        [
            (
                "alpha 0.4 over whole pictures, accuracy",
                claim,
                _gain(crop, whole, "accuracy", "accuracy"),
            ),
            ("alpha 0.4 over whole pictures, mAP", claim, _gain(crop, whole, CODES[1], CODES[1])),
        ]  # fmt: skip
    )


def _lengths(config, measured, seeds) -> Iterator[str]:
    published = config.published
    what = f"code lengths, ResNet18-I on crops of alpha {config.alpha}"
    yield from _title(3, config, what, seeds)
    body = []
    if published:
        body = [
            [f"FPH, published, {published.title}", *published.fph, FPH],
            [f"Pan et al., published, {published.title}", *published.paper, PAPER],
        ]
    for codes in CODES:
        row = [_ours(found, codes) for found in measured.values()]
        body.append([f"ours, {codes}", *row, config.dataset])
    header = ("mAP", *(f"{bits} bits" for bits in BITS), "where")
    yield from report.table(header, body)
    yield ""
    above = NOT_MEASURED
    if published and config.dataset == "caltech_birds2011" and all(measured.values()):
        means = [100 * np.mean([one[CODES[1]] for one in found]) for found in measured.values()]
        count = sum(m > float(f) for m, f in zip(means, published.fph, strict=True))
        above = f"at {count} of {len(BITS)}"
    yield from _statements([("above FPH at every length on CUB-200-2011", "yes", above)])


def _statements(rows):
    yield from report.table(("statement", "published", "ours, a value a seed, points"), rows)


def _draw(number, config, wanted, folder, runs):
    """Figures 4 and 5 with table 1, figure 7 with table 3: means over the seeds."""
    histories = {cell: [_history(cell, one, config) for one in runs] for cell in wanted}

    def mean(cell, key):
        return np.mean([history[key] for history in histories[cell]], axis=0)

    def curve(cell):
        return mean(cell, "history_epoch"), mean(cell, "history_map")

    of = f"{config.dataset}, adaptive triplet"
    drawn = {}
    if number == 1:
        names = ("epoch", "d_ap", "d_an", "gap", "margin1")
        drawn["figure_4"] = lambda: plots.map_curves(
            {f"{config.bits} bits": {report.TITLES[cell.network]: curve(cell) for cell in wanted}},
            f"{of}: mAP of the queries",
        )
        drawn["figure_5"] = lambda: plots.distance_curves(
            {
                report.TITLES[cell.network]: {
                    # Nothing was trained in the round before the first.
                    name: mean(cell, f"history_{name}")[1:]
                    for name in names
                }
                for cell in wanted
            },
            config.gap_target,
            f"{of}: mined triplets",
        )
    if number == 3:
        drawn["figure_7"] = lambda: plots.map_curves(
            {"ResNet18-I": {f"{cell.bits} bits": curve(cell) for cell in wanted}},
            f"{of}: mAP of the queries",
        )
    figures.save(drawn, folder)


def _history(cell, folder, config):
    with np.load(folder / f"{cell_name(cell)}/adaptive-mined-{cell.bits}.npz") as head:
        return {name: head[name] for name in head.files if name.startswith("history_")}
