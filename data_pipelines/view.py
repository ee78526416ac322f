"""Which part of every picture a network sees."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tfretrieval.saliency import Localizer


@dataclasses.dataclass(frozen=True, eq=False)
class View:
    """The part of every picture that a network sees, the same in training, database, queries and
    export.

    Attributes:
        boxes: float32 ``[N, 4]``, cut out; ``None`` for whole pictures.
        masks: bool ``[N, m, m]``, what keeps its colours; ``None`` for all.
        maps: uint8 ``[N, h, w]`` of who looked, and ``found``, the boxes of what was kept, whatever
            the region; ``None`` for whole pictures.
        localizer: who looked, with ``alpha`` and ``region``; ``None`` for whole pictures.
    """

    boxes: np.ndarray | None = None
    masks: np.ndarray | None = None
    maps: np.ndarray | None = None
    found: np.ndarray | None = None
    localizer: Localizer | None = None
    alpha: float | str = 0.4
    region: str = "box"

    @property
    def shown(self) -> dict[str, np.ndarray | None]:
        """What is cut out and what keeps its colours, by the names that batches take them by.

        >>> WHOLE.shown
        {'boxes': None, 'masks': None}
        """
        return {"boxes": self.boxes, "masks": self.masks}


WHOLE = View()
