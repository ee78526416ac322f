"""One network on one view of the pictures, from stage 1 to codes: a row of table 2."""

import dataclasses
import functools

from data_pipelines.view import View
from recipes.common import measure
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.report import Figure
from recipes.triplet.heads import head_task, train
from recipes.triplet.margins import ADAPTIVE, MINED, TripletHead
from recipes.triplet.settings import TripletSettings
from recipes.triplet.stage1 import stage1
from recipes.triplet.work import row_name, seen, view_row_heads
from tfretrieval.losses import AdaptiveTripletLoss

CODES = ("cross-entropy codes", "adaptive triplet")
ACCURACY, MAPS, R1, HELD_OUT_MAP = (
    "accuracy",
    tuple(f"mAP, {row}" for row in CODES),
    f"R@1, {CODES[1]}",
    "mAP held out",
)


@dataclasses.dataclass(frozen=True, eq=False)
class ViewRow:
    """What a network reaches on a view.

    Attributes:
        accuracy: share of the queries that stage 1 classifies right.
        held_out_map: mAP of the held-out pictures by the adaptive triplet's codes.
        rows: of the codes of cross-entropy and of the adaptive triplet.
    """

    name: str
    accuracy: float
    held_out_map: float
    rows: dict[str, measure.Row]

    @property
    def figures(self) -> dict[str, Figure]:
        """Column -> number."""
        return {
            ACCURACY: self.accuracy,
            **{name: self.rows[row].figures["mAP"] for name, row in zip(MAPS, CODES, strict=True)},
            R1: self.rows[CODES[1]].figures["R@1"],
            HELD_OUT_MAP: self.held_out_map,
        }


def measure_view(opened: Opened[TripletSettings, Divided], name: str, view: View) -> ViewRow:
    """Trains a network on a view and measures its two codes, of what ``--hash-input`` names last.

    Args:
        name: of the row, and of its files in the run: a network, and after a + what it sees.
    """
    config, data = opened.config, opened.data
    (part,) = seen(name)
    found = stage1(opened, name, {part: view})
    reads = config.hash_input[-1]
    row = row_name(name, reads)
    task = head_task(found.inputs(reads, config.temperature), row, config, data)
    adaptive = TripletHead(AdaptiveTripletLoss("given"))
    trained = {}
    for file, kind in view_row_heads(config.bits).items():
        head = adaptive if kind == MINED else None
        trained[file] = opened.folder.step(
            f"{row}/{file}", functools.partial(train, task, config, head)
        )
    codes = {row: head["codes"] for row, head in zip(CODES, trained.values(), strict=True)}
    return ViewRow(
        name,
        measure.accuracy(found.logits, data),
        measure.held_out_map(trained[f"{ADAPTIVE}-{config.bits}"]["codes"], data),
        {row: measure.measure_codes(c, data) for row, c in codes.items()},
    )
