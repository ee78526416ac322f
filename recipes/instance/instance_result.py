"""All of one loss: what is found in every way, and what becomes of held-out things."""

import dataclasses

import numpy as np

from recipes.common.training import History
from recipes.instance.held_out import HeldOut
from recipes.instance.search import InstanceSearch
from recipes.instance.settings import ROWS


@dataclasses.dataclass(frozen=True, eq=False)
class InstanceResult:
    """All of one loss.

    Attributes:
        loss: of :data:`~recipes.instance.settings.ROWS`.
        history: of the training, an array a figure; None before it.
        found: way to search -> what is found.
        held_out: on pictures of other things.
    """

    loss: str
    history: History | None
    found: dict[str, InstanceSearch]
    held_out: HeldOut

    @property
    def title(self) -> str:
        return ROWS[self.loss]

    @property
    def active_hinges(self) -> float:
        """Share of the hinges that were active in the last epoch; NaN before training."""
        return float("nan") if self.history is None else float(self.history["active_hinges"][-1])

    @property
    def seconds(self) -> float:
        """An epoch, mining included, the first left out: it traces the graph; NaN before
        training."""
        if self.history is None:
            return float("nan")
        seconds = self.history["seconds"]
        return float(np.median(seconds[-max(1, len(seconds) - 1) :]))
