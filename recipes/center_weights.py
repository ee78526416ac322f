"""How much a center loss should weigh beside cross-entropy, by held-out training pictures.

    python -m recipes.center_weights --dataset caltech256
    python -m recipes.center_weights --demo      drawn_birds, about an hour on two CPU cores

A share of every class's training pictures is held out; a network of ``recipes.caltech256_center``
is trained on the others for every loss and weight, and the held-out pictures search them by the
Euclidean distance of features. The queries are not looked at.
"""

import dataclasses
import sys
from typing import Any

from recipes import caltech256_center, common
from recipes.common.cli import main, option, require
from recipes.common.run_folder import RunFolder
from tfretrieval.evaluation import cosine_retrieval, euclidean_retrieval


@dataclasses.dataclass(frozen=True)
class Config(caltech256_center.Config):
    """Settings of the experiment; the command line is made from them."""

    recipe: str = dataclasses.field(default="center_weights", init=False)
    losses: tuple[str, ...] = option(
        ("center", "ratio", "hinge", "difference"),
        "losses that are weighed",
        choices=caltech256_center.LOSSES[1:],
    )
    lambdas: tuple[float, ...] = option(
        (0.001, 0.01, 0.1, 1.0, 10.0), "weights that are tried (ours)"
    )
    held_out: float = option(0.1, "share of the training part that choices are made on (ours)")

    def __post_init__(self):
        super().__post_init__()
        require(min(self.lambdas) > 0, f"--lambdas must be positive, got {self.lambdas}")
        require(0 < self.held_out <= 0.5, f"--held-out must be in (0, 0.5], got {self.held_out}")


def run(config: Config, folder: RunFolder) -> str:
    """Trains and measures every loss at every weight, or what of it is missing in the folder."""
    if (folder / "report.md").exists():
        return (folder / "report.md").read_text(encoding="utf-8")
    strategy = common.session.start(config)
    common.networks.check_weights([config.backbone], config)
    experiment = common.data.open_data(config, folder)
    common.session.record(folder)
    rows = {"softmax": measure("softmax", "softmax", config, experiment, folder, strategy)}
    for loss in config.losses:
        for value in config.lambdas:
            weight: dict[str, Any] = {f"{loss}_lambda": value}
            weighed = dataclasses.replace(config, **weight)
            name = f"{loss}@{value:g}"
            rows[name] = measure(loss, name, weighed, experiment, folder, strategy)
    folder.write_json("results.json", {name: common.report.defined(r) for name, r in rows.items()})
    report = "\n".join(_report(config, experiment, rows, folder))
    folder.write_text("report.md", report)
    return report


def measure(loss, name, config, experiment, folder, strategy):
    """The held-out pictures' figures of a network trained by this loss."""
    classifier, history = caltech256_center.train(
        loss, config, experiment, folder, strategy, name=name
    )
    features = common.stage1.cached_features(name, classifier, config, experiment, folder)[
        "features"
    ]
    return {
        "Euclidean": common.measure.held_out_map(features, experiment, euclidean_retrieval),
        "cosine": common.measure.held_out_map(features, experiment, cosine_retrieval),
        "d_own": float(history["center_distances_d_own"][-1]),
        "d_other": float(history["center_distances_d_other"][-1]),
    }


def _report(config, experiment, rows, folder):
    yield from common.report.heading(config, experiment, folder)
    best = {
        max((n for n in rows if n.partition("@")[0] == loss), key=lambda n: rows[n]["Euclidean"])
        for loss in config.losses
    }
    body = []
    for name, row in rows.items():
        loss, _, value = name.partition("@")
        euclidean, cosine = (common.report.percent(row[key]) for key in ("Euclidean", "cosine"))
        body.append(
            [
                common.center_report.TITLES[loss],
                f"**{value}**" if name in best else value or "0",
                euclidean,
                cosine,
                *(f"{row[key]:.3g}" for key in ("d_own", "d_other")),
            ]
        )
    header = ("trained by", "weight", "mAP held out, Euclidean", "cosine", "d_own", "d_other")
    yield from common.report.table(header, body)
    yield ""
    yield (
        "mAP held out, %: the held-out pictures against the training pictures, the whole ranking. "
        "In bold the weight of every loss with the highest Euclidean one. d_own, d_other: mean "
        "squared distance to the center of the own class and to the nearest other one, over the "
        "last epoch. The queries were not looked at."
    )


def run_seeds(config: Config, run_dir: str, seeds: int) -> str:
    """One run: a weight is chosen once."""
    require(seeds == 1, "a weight is chosen once: leave --seeds out")
    return run(config, RunFolder(run_dir, config))


if __name__ == "__main__":
    sys.exit(main(Config, run, run_seeds, __doc__))
