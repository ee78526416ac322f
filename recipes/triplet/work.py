"""What a run consists of, file by file: the run does these steps, and a plan counts them."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Sequence

from recipes.triplet.margins import ADAPTIVE, CROSS_ENTROPY, MINED, triplet_heads
from recipes.triplet.protocol import CHOICE, HELD_OUT, PAPER, SELECTED
from recipes.triplet.settings import FEATURES as FEATURES_READ
from recipes.triplet.settings import (
    FINE_TUNED,
    FROZEN,
    FULL,
    WHOLE_PICTURES,
    PaperSettings,
)
from tfretrieval.backbones.networks import title

WHOLE, CROP, BOX = "whole", "crop", "box"
# Who looks where no pretrained network does.
LOOKING, STAGE1_LOOKS = "resnet18", "stage1"
LOOK, FROZEN_FEATURES, LINEAR = "saliency", "frozen features", "linear classifier"
STAGE1, FEATURES = "stage 1", "features"
ALPHAS = (WHOLE_PICTURES, 0.2, 0.3, 0.4, 0.5, 0.6)
BITS = (16, 32, 48, 64)


@dataclasses.dataclass(frozen=True)
class Step:
    """A file of a run.

    Attributes:
        kind: :data:`LOOK`, :data:`FROZEN_FEATURES`, :data:`LINEAR`, :data:`STAGE1`,
            :data:`FEATURES`, or of a head ``cross-entropy`` or what its margin averages.
        network: its name, and after a + what it sees.
        file: in the folder of the run, without its suffix.
        bits: of a head.
        protocol: of the pass through the experiment that the step belongs to.
    """

    kind: str
    network: str
    file: str
    bits: int = 0
    protocol: str = PAPER


@dataclasses.dataclass(frozen=True)
class Cell:
    """A cell of a table: a network on a view at a code length; ``alpha`` is ``none`` for whole
    pictures."""

    network: str
    alpha: float | str
    bits: int

    @property
    def key(self) -> str:
        return f"{self.network}@{self.alpha}-{self.bits}"

    @property
    def name(self) -> str:
        """The network's name in the run, shared by all tables: it is trained once a view."""
        return self.network if self.alpha == WHOLE_PICTURES else f"{self.network}+{self.alpha}"


def looks(networks: Iterable[str]) -> bool:
    """Whether any of these networks sees what somebody has to look for."""
    # Of a table a threshold stands behind the +.
    return any(set(seen(name)) - {WHOLE, BOX} for name in networks)


def seen(name: str) -> tuple[str, ...]:
    """What a network sees, by what follows its first +.

    >>> seen("resnet18"), seen("resnet18+crop"), seen("resnet18+whole+crop")
    (('whole',), ('crop',), ('whole', 'crop'))
    """
    return tuple(name.split("+")[1:]) or (WHOLE,)


def name_of_view(name: str, view: str) -> str:
    """The name of a classifier that sees one view, shared by all rows that it is part of."""
    network = name.partition("+")[0]
    return network if view == WHOLE else f"{network}+{view}"


def row_name(name: str, reads: str) -> str:
    """The name of a row of heads, and the folder of its files: what they read comes after a colon,
    pooled features apart."""
    return name if reads == FEATURES_READ else f"{name}:{reads}"


def reads(row: str) -> str:
    """What the hash layers of a row read."""
    return row.partition(":")[2] or FEATURES_READ


def row_title(name: str) -> str:
    """A row of heads as it is shown.

    >>> row_title("resnet18+whole+crop:probabilities")
    'ResNet18, whole and crop, probabilities'
    """
    network, _, reads = name.partition(":")
    plain, plus, views = network.partition("+")
    shown = title(plain + plus + views.replace("+", " and "))
    return f"{shown}, {reads}" if reads else shown


def cells(number: int, config: PaperSettings) -> list[Cell]:
    """The cells of a table, in the order in which they are measured."""
    if number == 1:
        return [Cell(network, WHOLE_PICTURES, config.bits) for network in config.table_networks]
    network = config.table_networks[-1]
    if number == 2:
        return [Cell(network, alpha, config.bits) for alpha in ALPHAS]
    return [Cell(network, config.alpha, bits) for bits in BITS]


def run_steps(config: PaperSettings) -> list[Step]:
    """The steps of a run with one seed, or of a pass for choices and one for all."""
    if config.protocol == SELECTED:
        first = [
            dataclasses.replace(step, file=f"{CHOICE}/{step.file}")
            for step in _pass(config, HELD_OUT)
        ]
        return [*first, *_pass(config, PAPER)]
    return list(_pass(config, config.protocol))


def table_steps(config: PaperSettings, numbers: Sequence[int]) -> list[Step]:
    """The steps of tables of the paper with one seed, each once."""
    wanted = [cell for number in numbers for cell in cells(number, config)]
    steps: dict[str, Step] = {}
    for step in itertools.chain(
        _looking(config, [cell.name for cell in wanted], config.protocol),
        *(_cell_steps(config, cell) for cell in wanted),
    ):
        steps.setdefault(step.file, step)
    return list(steps.values())


def view_row_heads(bits: int) -> dict[str, str]:
    """File -> kind, of the heads of a row of one view."""
    return {f"{CROSS_ENTROPY}-{bits}": CROSS_ENTROPY, f"{ADAPTIVE}-{bits}": MINED}


def _pass(config: PaperSettings, protocol: str) -> Iterator[Step]:
    steps: dict[str, Step] = {}
    for step in itertools.chain(
        _looking(config, config.networks, protocol),
        *(_network_steps(config, name, protocol) for name in config.networks),
    ):
        steps.setdefault(step.file, step)
    yield from steps.values()


def _looking(config: PaperSettings, networks: Iterable[str], protocol: str) -> Iterator[Step]:
    if looks(networks):
        if config.saliency_network == STAGE1_LOOKS:
            yield from _classifier(config, LOOKING, protocol)
        yield Step(LOOK, LOOKING, "saliency/maps", protocol=protocol)


def _classifier(config: PaperSettings, name: str, protocol: str) -> Iterator[Step]:
    """A classifier of one view."""
    if config.training != FULL:
        # The pass is kept in the cache folder, for every run.
        yield Step(FROZEN_FEATURES, name, f"{name}/frozen/features", protocol=protocol)
    if config.training in (FROZEN, FINE_TUNED):
        yield Step(LINEAR, name, f"{name}/linear", protocol=protocol)
    if config.training in (FULL, FINE_TUNED):
        yield Step(STAGE1, name, f"{name}/stage1", protocol=protocol)


def _stage1(config: PaperSettings, name: str, protocol: str) -> Iterator[Step]:
    """The classifiers of all views of a row, and their passes."""
    for view in seen(name):
        one = name_of_view(name, view)
        yield from _classifier(config, one, protocol)
        if config.training in (FULL, FINE_TUNED):
            yield Step(FEATURES, one, f"{one}/features", protocol=protocol)


def _network_steps(config: PaperSettings, name: str, protocol: str) -> Iterator[Step]:
    yield from _stage1(config, name, protocol)
    kinds = {CROSS_ENTROPY: CROSS_ENTROPY}
    kinds |= {label: head.scope for label, head in triplet_heads(config).items()}
    for reads in config.hash_input:
        row = row_name(name, reads)
        for label, kind in kinds.items():
            yield Step(kind, row, f"{row}/{label}", config.bits, protocol)


def _cell_steps(config: PaperSettings, cell: Cell) -> Iterator[Step]:
    yield from _stage1(config, cell.name, config.protocol)
    row = row_name(cell.name, config.hash_input[-1])
    for label, kind in view_row_heads(cell.bits).items():
        yield Step(kind, row, f"{row}/{label}", cell.bits, config.protocol)
