"""What a run chooses, and on which pictures.

- ``paper``: nothing. All of the training part is trained on, the last epoch counts, and the fixed
  margin is the one that was set.
- ``held_out``: the fixed margin, on pictures that are held out and stay untrained.
- ``selected``: the fixed margin and the epochs of every head, on pictures held out in a first run
  inside the run; then all of the training part is trained on with what was chosen.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tfretrieval.run_folder import RunFolder

if TYPE_CHECKING:
    from recipes.triplet.settings import PaperSettings

PAPER, SELECTED, HELD_OUT = "paper", "selected", "held_out"
PROTOCOLS = (PAPER, SELECTED, HELD_OUT)
# The folder of the run inside the run in which ``selected`` chooses.
CHOICE = "choice"


@dataclasses.dataclass(frozen=True)
class Choice:
    """What was chosen for a network on held-out pictures.

    Attributes:
        margin: label of the fixed margin.
        epochs: label of a head -> epochs of stage 2, the best round's.
        held_out: label of a head -> mAP of the held-out pictures after them.
    """

    margin: str
    epochs: dict[str, int]
    held_out: dict[str, float]


def held_out_share(config: PaperSettings) -> float:
    """The share of the training part that a protocol holds out."""
    return config.held_out if config.protocol == HELD_OUT else 0.0


def choose(
    config: PaperSettings,
    perform: Callable[[PaperSettings, RunFolder], str],
    folder: RunFolder,
) -> dict[str, Choice]:
    """Network -> choice, from a run that holds pictures out, in ``choice/`` of this run."""
    trial = dataclasses.replace(config, protocol=HELD_OUT)
    inside = RunFolder(folder / CHOICE, trial)
    perform(trial, inside)
    rounds: dict[str, dict[str, list[tuple[float, int]]]] = {}
    for line in (inside / "metrics.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        network, _, head = row["row"].partition("/")
        # Epoch 0 is before the first step: no choice of epochs, but of no training.
        if head and row["epoch"]:
            heads = rounds.setdefault(network, {})
            heads.setdefault(head, []).append((row["map_held_out"], row["epoch"]))
    return {network: _best(heads) for network, heads in rounds.items()}


def _best(heads: Mapping[str, list[tuple[float, int]]]) -> Choice:
    # Of equal rounds the first.
    best = {label: max(points, key=lambda point: point[0]) for label, points in heads.items()}
    held_out = {label: value for label, (value, _) in best.items()}
    epochs = {label: int(epoch) for label, (_, epoch) in best.items()}
    return Choice(best_margin(held_out), epochs, held_out)


def best_margin(figures: Mapping[str, float]) -> str:
    """The label of the fixed margin with the highest figure, of equal ones the first."""
    from recipes.triplet.margins import is_fixed

    return max(filter(is_fixed, figures), key=figures.__getitem__)
