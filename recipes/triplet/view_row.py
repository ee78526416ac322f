"""One network on one view of the pictures, from stage 1 to codes: a row of table 2."""

import dataclasses

from recipes.common import heads, measure, stage1
from recipes.common.data import Experiment
from recipes.common.run_folder import RunFolder
from recipes.common.saliency import View
from tfretrieval.losses import AdaptiveTripletLoss

CODES = ("cross-entropy codes", "adaptive triplet")


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
    def figures(self) -> dict[str, float]:
        """Column -> number."""
        return {
            "accuracy": self.accuracy,
            "held out": self.held_out_map,
            "R@1": self.rows[CODES[1]].figures["R@1"],
            **{name: row.figures["mAP"] for name, row in self.rows.items()},
        }


def write_average_precision(rows: dict, folder: RunFolder) -> None:
    """Writes ``average_precision.npz`` of titled rows: each query's, under ``title/codes``."""
    folder.step(
        "average_precision",
        lambda: {
            f"{title}/{name}": row.average_precision
            for title, measured in rows.items()
            for name, row in measured.rows.items()
        },
    )


def measure_view(
    name: str,
    train,
    view: View,
    config,
    experiment: Experiment,
    folder: RunFolder,
    bits: int | None = None,
) -> ViewRow:
    """Trains a network on a view and measures its two codes.

    Args:
        name: of the row, and of its files in the run.
        train: ``train()`` gives the trained classifier and its history.
        bits: length of the codes, where it is not the run's own; in the names of the files then.
    """
    suffix = f"-{bits}" if bits else ""
    config = dataclasses.replace(config, bits=bits or config.bits)
    classifier, _ = train()
    cached = stage1.cached_features(name, classifier, config, experiment, folder, view)
    task = heads.head_task(cached["features"], config, experiment)
    loss = AdaptiveTripletLoss("given")
    trained = {
        CODES[0]: folder.step(
            f"{name}/cross-entropy{suffix}",
            lambda: heads.train_cross_entropy(task, config, config.remine),
        ),
        CODES[1]: folder.step(
            f"{name}/adaptive-mined{suffix}",
            lambda: heads.train_triplet(task, config, loss, "mined"),
        ),
    }
    return ViewRow(
        name,
        measure.accuracy(cached["logits"], experiment),
        measure.held_out_map(trained[CODES[1]]["codes"], experiment),
        {
            row: measure.measure_codes(name, row, h["codes"], experiment)
            for row, h in trained.items()
        },
    )
