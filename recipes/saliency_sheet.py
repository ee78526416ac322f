"""What the saliency crop does: table 2 and figures 3 and 6 of Pan et al. 2021.

    python -m recipes.saliency_sheet --dataset caltech_birds2011 --alphas 0.2 0.3 0.4 0.5 0.6 none
    python -m recipes.saliency_sheet --demo      drawn_birds, about 15 minutes on two CPU cores

A saliency network looks at every picture once; each threshold alpha makes its own regions of the
same small maps, and a network is trained on each. Beside the paper's accuracy and mAP stand what a
data set with boxes can tell: how well the regions meet the objects, against the whole picture and
the centre of it. Published for CUB: alpha 0.4 is best, about 7 points of accuracy and mAP above
whole pictures; for Stanford Dogs: no clear gain.
"""

import dataclasses
import sys

from recipes import common, cub_triplet
from recipes.common.cli import main, option, require
from recipes.common.run_folder import RunFolder
from recipes.common.settings import DEMO, SaliencySettings, check_alpha


@dataclasses.dataclass(frozen=True)
class Config(SaliencySettings):
    """Settings of the experiment; the command line is made from them."""

    recipe: str = dataclasses.field(default="saliency_sheet", init=False)
    network: str = option("resnet18_i", "trained (paper)", choices=("resnet18", "resnet18_i"))
    alphas: tuple[float | str, ...] = option(
        (0.2, 0.3, 0.4, 0.5, 0.6, "none"), "thresholds, mean, or none for whole pictures (paper)"
    )

    def __post_init__(self):
        super().__post_init__()
        for alpha in self.alphas:
            if alpha != "none":
                check_alpha(alpha, "alphas")
        require(len(set(self.alphas)) == len(self.alphas), "--alphas names a threshold twice")
        require(set(self.alphas) != {"none"}, "--alphas needs a threshold beside none")

    @staticmethod
    def demo_settings() -> dict:
        """The same experiment with fewer pixels, channels, classes and epochs."""
        return {**DEMO, "network": "resnet18"}


def run(config: Config, folder: RunFolder) -> str:
    """Runs the experiment in its folder, or what of it is missing there; returns the report."""
    if (folder / "report.md").exists():
        return (folder / "report.md").read_text(encoding="utf-8")
    strategy = common.session.start(config)
    common.networks.check_weights([config.network], config)
    pretrained = common.saliency.pretrained(config)
    experiment = common.data.open_data(config, folder)
    common.session.record(folder)

    # One look at every picture; every alpha reads the same table.
    localizer = cub_triplet.find_localizer(pretrained, config, experiment, folder, strategy)
    table = common.saliency.look(localizer, config, experiment, folder)
    views = {
        alpha: common.saliency.WHOLE
        if alpha == "none"
        else common.saliency.view(localizer, table, alpha, config.region)
        for alpha in config.alphas
    }

    rows = {}
    for alpha, view in views.items():
        name = config.network if alpha == "none" else f"{config.network}+{alpha}"
        rows[alpha] = common.view_row.measure_view(
            name,
            lambda name=name, view=view: cub_triplet.train_stage1(
                name, config, experiment, folder, strategy, view
            ),
            view,
            config,
            experiment,
            folder,
        )
    return common.sheet_report.write(config, experiment, localizer, table, views, rows, folder)


def run_seeds(config: Config, run_dir: str, seeds: int) -> str:
    """The experiment with several seeds, one folder each, and the mean of their tables."""
    compose = common.sheet_report.seeds_report
    return common.report.write_seeds(config, run, run_dir, seeds, compose)


if __name__ == "__main__":
    sys.exit(main(Config, run, run_seeds, __doc__))
