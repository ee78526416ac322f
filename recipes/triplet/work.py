"""What a run consists of, file by file: the run does these steps, and a plan counts them."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Sequence

from recipes.triplet.margins import ADAPTIVE, CROSS_ENTROPY, MINED, triplet_heads
from recipes.triplet.protocol import CHOICE, HELD_OUT, PAPER, SELECTED
from recipes.triplet.settings import WHOLE_PICTURES, PaperSettings

CROP = "crop"
# Who looks where no pretrained network does.
LOOKING, STAGE1_LOOKS = "resnet18", "stage1"
LOOK, STAGE1, FEATURES = "saliency", "stage 1", "features"
ALPHAS = (WHOLE_PICTURES, 0.2, 0.3, 0.4, 0.5, 0.6)
BITS = (16, 32, 48, 64)


@dataclasses.dataclass(frozen=True)
class Step:
    """A file of a run.

    Attributes:
        kind: :data:`LOOK`, :data:`STAGE1`, :data:`FEATURES`, or of a head ``cross-entropy`` or
            what its margin averages.
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
    return any("+" in name for name in networks)


def cells(number: int, config: PaperSettings) -> list[Cell]:
    """The cells of a table, in the order in which they are measured."""
    if number == 1:
        return [
            Cell(network, WHOLE_PICTURES, config.bits) for network in ("resnet18", "resnet18_i")
        ]
    if number == 2:
        return [Cell("resnet18_i", alpha, config.bits) for alpha in ALPHAS]
    return [Cell("resnet18_i", config.alpha, bits) for bits in BITS]


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
        *(_cell_steps(cell, config.protocol) for cell in wanted),
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
            yield Step(STAGE1, LOOKING, f"{LOOKING}/stage1", protocol=protocol)
        yield Step(LOOK, LOOKING, "saliency/maps", protocol=protocol)


def _trained(name: str, protocol: str) -> Iterator[Step]:
    yield Step(STAGE1, name, f"{name}/stage1", protocol=protocol)
    yield Step(FEATURES, name, f"{name}/features", protocol=protocol)


def _network_steps(config: PaperSettings, name: str, protocol: str) -> Iterator[Step]:
    yield from _trained(name, protocol)
    kinds = {CROSS_ENTROPY: CROSS_ENTROPY}
    kinds |= {label: head.scope for label, head in triplet_heads(config).items()}
    for label, kind in kinds.items():
        yield Step(kind, name, f"{name}/{label}", config.bits, protocol)


def _cell_steps(cell: Cell, protocol: str) -> Iterator[Step]:
    yield from _trained(cell.name, protocol)
    for label, kind in view_row_heads(cell.bits).items():
        yield Step(kind, cell.name, f"{cell.name}/{label}", cell.bits, protocol)
