"""Why a saliency crop fails where pictures show several objects, and what helps.

    python -m recipes.saliency_remedies --seeds 5      drawn pictures, no download

Pan et al. 2021 find no gain on Stanford Dogs: the photographs show several objects, and the
saliency network was not trained on the target data. Here the same with drawings: a network
pretrained on single objects of many kinds, birds of other species among them, points at whatever is
an object; the target pictures show a bird among rivals of its size. Four remedies: the network just
trained on the target data; its class-activation maps; alpha chosen on held-out training pictures;
two rounds, in which the network trained on the first crops looks again. The true boxes say how much
there is to gain.
"""

import dataclasses
import sys

from data_pipelines.records import DataError
from recipes import common, cub_triplet
from recipes.common.cli import main, option
from recipes.common.run_folder import RunFolder
from recipes.common.settings import TripletSettings, check_alpha


@dataclasses.dataclass(frozen=True)
class Config(TripletSettings):
    """Settings of the experiment; the command line is made from them."""

    recipe: str = dataclasses.field(default="saliency_remedies", init=False)
    dataset: str = option("drawn_birds/crowded", "name in the catalogue: the target (ours)")
    source: str = option("drawn_objects", "what the saliency network is pretrained on (ours)")
    source_epochs: int = option(10, "epochs of the pretraining (ours)")
    network: str = option("resnet18", "trained (ours)", choices=("resnet18", "resnet18_i"))
    image_size: int = option(128, "pixels of a side (our choice)")
    width: int = option(16, "channels of the first stage (our choice)")
    weights: str = option("none", "what networks start from: none (ours), imagenet, or a file")
    epochs: int = option(20, "epochs of stage 1 (our choice)")
    hash_epochs: int = option(30, "epochs of stage 2 (our choice)")
    saliency_layer: str | None = option(
        "stage3_block2_out", "of the saliency networks: 8x8 cells, as in the paper"
    )
    alpha: float | str = option(0.4, "threshold of every row but the chosen one (paper)")
    alphas: tuple[float | str, ...] = option(
        (0.2, 0.3, 0.4, 0.5, 0.6, "mean"), "thresholds to choose from (ours)"
    )

    def __post_init__(self):
        super().__post_init__()
        check_alpha(self.alpha, "alpha")
        for alpha in self.alphas:
            check_alpha(alpha, "alphas")

    @staticmethod
    def demo_settings() -> dict:
        """Half the epochs."""
        return {"source_epochs": 5, "epochs": 10, "hash_epochs": 15}


def run(config: Config, folder: RunFolder) -> str:
    """Runs the experiment in its folder, or what of it is missing there; returns the report."""
    if (folder / "report.md").exists():
        return (folder / "report.md").read_text(encoding="utf-8")
    strategy = common.session.start(config)
    common.networks.check_weights([config.network], config)
    common.saliency.check_layer(config)
    experiment = common.data.open_data(config, folder)
    if experiment.data.records.boxes is None:
        raise DataError(f"{experiment.data.name} has no true boxes, which this experiment needs")
    common.session.record(folder)
    views, rows = {}, {}

    def train(name, view):
        return cub_triplet.train_stage1(name, config, experiment, folder, strategy, view)

    def measure(title, name, view):
        views[title] = view
        rows[title] = common.view_row.measure_view(
            name, lambda: train(name, view), view, config, experiment, folder
        )

    def look(localizer, name):
        return common.saliency.look(localizer, config, experiment, folder, name)

    def crop(localizer, table, alpha=config.alpha):
        return common.saliency.view(localizer, table, alpha, config.region)

    # What there is to gain.
    whole, truth = common.saliency.WHOLE, experiment.data.records.boxes
    measure("whole picture", config.network, whole)
    measure("true box", f"{config.network}+true", common.saliency.View(truth, found=truth))

    # The failure: a network that knows objects, but not these birds.
    pretrained = common.saliency.localizer(pretrain(config, folder, strategy), config)
    table = look(pretrained, "pretrained")
    first = crop(pretrained, table)
    measure("pretrained", f"{config.network}+pretrained@{config.alpha}", first)

    # Remedy: the network that was trained on whole pictures of the target data.
    classifier, _ = train(config.network, whole)
    stage1 = common.saliency.localizer(classifier, config)
    measure("stage 1", f"{config.network}+stage1", crop(stage1, look(stage1, "stage1")))

    # Remedy: what speaks for the predicted class, in place of everything that is there.
    classes = common.saliency.localizer(classifier, config, maps="class")
    measure("class maps", f"{config.network}+class", crop(classes, look(classes, "class")))

    # Remedy: the alpha whose crops of held-out pictures the stage-1 network classifies best.
    tried = {alpha: crop(pretrained, table, alpha) for alpha in config.alphas}
    alpha = common.saliency.best_alpha(classifier, tried, config, experiment, folder)
    measure("pretrained, chosen alpha", f"{config.network}+pretrained@{alpha}", tried[alpha])

    # Remedy: the network that was trained on the pretrained one's crops looks again.
    retrained, _ = train(f"{config.network}+pretrained@{config.alpha}", first)
    again = common.saliency.localizer(retrained, config)
    measure("two rounds", f"{config.network}+again", crop(again, look(again, "again")))

    return common.remedies_report.write(config, experiment, views, rows, alpha, folder)


def pretrain(config, folder, strategy):
    """The classifier of single objects of many kinds."""
    source = dataclasses.replace(config, dataset=config.source, epochs=config.source_epochs)
    # A run of its own inside the run: it has other data, and other pictures held out.
    inside = RunFolder(folder / "source", source)
    experiment = common.data.open_data(source, inside)
    network, _ = cub_triplet.train_stage1(
        "resnet18", source, experiment, inside, strategy, common.saliency.WHOLE
    )
    return network


def run_seeds(config: Config, run_dir: str, seeds: int) -> str:
    """The experiment with several seeds, one folder each, and the mean of their tables."""
    compose = common.remedies_report.seeds_report
    return common.report.write_seeds(config, run, run_dir, seeds, compose)


if __name__ == "__main__":
    sys.exit(main(Config, run, run_seeds, __doc__))
