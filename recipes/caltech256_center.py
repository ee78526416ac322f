"""Center loss and improved center loss on Caltech256 (Song et al. 2018).

    python -m recipes.caltech256_center              256_ObjectCategories.tar, ImageNet weights
    python -m recipes.caltech256_center --seeds 5    with intervals
    python -m recipes.caltech256_center --demo       drawn_birds, minutes on two CPU cores

The method: cross-entropy parts the classes, a second loss on the distances to class centers draws
each of them together, and the improved one also pushes it from the other centers. The same network
is trained by cross-entropy alone, with the center loss, and with the improved one, from the same
initial weights, in the same order, for as many epochs. Retrieval is by the features before the
classifier, Euclidean and cosine, and by codes of a hash layer on them. The weight of every loss is
set beforehand: ``recipes.center_weights`` chooses it on held-out training pictures. The paper's
network, weights and figures were not available (docs/center_loss.md); its claim is that the
improved loss retrieves better than the center loss, and that better than cross-entropy alone.
"""

import dataclasses
import sys

import tfretrieval as tfr
from recipes import common
from recipes.common.cli import main, option, require
from recipes.common.networks import BACKBONES
from recipes.common.run_folder import RunFolder
from recipes.common.settings import HashSettings
from recipes.common.stage1 import Objective
from tfretrieval.losses import CenterLoss, ImprovedCenterLoss
from tfretrieval.metrics import NearestOtherCenterDistance, OwnCenterDistance

LOSSES = ("softmax", "center", "ratio", "hinge", "difference")


@dataclasses.dataclass(frozen=True)
class Config(HashSettings):
    """Settings of the experiment; the command line is made from them."""

    recipe: str = dataclasses.field(default="caltech256_center", init=False)
    dataset: str = option("caltech256", "name in the catalogue (paper)")
    image_size: int = option(224, "pixels of a side (our choice)")
    width: int = option(64, "channels of the first stage of a ResNet18 (our choice)")
    epochs: int = option(50, "epochs of the network (our choice)")
    bits: int = option(64, "length of the code (our choice)")
    hash_epochs: int = option(30, "epochs of the hash layer on the frozen features (our choice)")
    backbone: str = option("resnet18", "the network (ours; the paper's is older)", BACKBONES)
    losses: tuple[str, ...] = option(
        ("softmax", "center", "ratio"),
        "cross-entropy alone, with the center loss (paper), with a reading of the improved one: "
        "ratio, hinge, difference; the last is exported",
        choices=LOSSES,
    )
    center_lambda: float = option(0.1, "weight of the center loss (our choice)")
    ratio_lambda: float = option(1.0, "weight of the improved loss, ratio (our choice)")
    hinge_lambda: float = option(0.1, "weight of the improved loss, hinge (our choice)")
    difference_lambda: float = option(0.1, "weight of the improved loss, difference (our choice)")
    hinge_margin: float = option(
        25.0, "squared distance at which another center stops pushing, in hinge (our choice)"
    )
    push: float = option(0.1, "share of the push in hinge and difference: beta (our choice)")
    update: str = option(
        "running",
        "how centers move: by the original rule after every step, or by gradient",
        choices=("running", "gradient"),
    )
    rate: float = option(0.5, "of the original rule (Wen et al. 2016)")
    plane_classes: int = option(10, "classes in the picture of two features (Wen et al. 2016)")
    plane_epochs: int = option(50, "epochs of the training for it (our choice)")

    def __post_init__(self):
        super().__post_init__()
        for loss in LOSSES[1:]:
            value = getattr(self, f"{loss}_lambda")
            require(value > 0, f"--{loss}-lambda must be positive, got {value}")
        require(self.hinge_margin > 0, f"--hinge-margin must be positive, got {self.hinge_margin}")
        require(self.push >= 0, f"--push must not be negative, got {self.push}")
        require(0 < self.rate <= 1, f"--rate must be in (0, 1], got {self.rate}")
        require(self.plane_classes >= 2, "--plane-classes must be 2 or more")
        require(self.plane_epochs >= 1, "--plane-epochs must be 1 or more")
        require(len(set(self.losses)) == len(self.losses), "--losses names a loss twice")

    @staticmethod
    def demo_settings() -> dict:
        """The same experiment with fewer pixels, channels, classes and epochs."""
        return {
            "dataset": "drawn_birds/demo",
            "image_size": 96,
            "width": 16,
            "weights": "none",
            "epochs": 14,
            "plane_epochs": 40,
        }


def run(config: Config, folder: RunFolder) -> str:
    """Runs the experiment in its folder, or what of it is missing there; returns the report."""
    if (folder / "report.md").exists():
        return (folder / "report.md").read_text(encoding="utf-8")
    strategy = common.session.start(config)
    common.networks.check_weights([config.backbone], config)
    experiment = common.data.open_data(config, folder, hold_out=False)
    common.session.record(folder)
    results = [run_loss(loss, config, experiment, folder, strategy) for loss in config.losses]
    # The same through two features, on few enough classes to tell them apart by eye.
    classes = min(config.plane_classes, experiment.data.num_classes)
    few = dataclasses.replace(config, classes=classes, epochs=config.plane_epochs)
    planes = {loss: plane(loss, few, folder, strategy) for loss in config.losses}
    return common.center_report.write(config, experiment, results, planes, folder)


def run_loss(loss, config, experiment, folder, strategy):
    """The network trained by one loss, its features and its codes, measured."""
    classifier, history = train(loss, config, experiment, folder, strategy)
    cached = common.stage1.cached_features(loss, classifier, config, experiment, folder)
    task = common.heads.head_task(cached["features"], config, experiment)
    head = folder.step(
        f"{loss}/codes",
        lambda: common.heads.train_cross_entropy(task, config, config.hash_epochs),
    )
    if loss == config.losses[-1]:
        common.export.export(classifier, head, config, experiment, folder)
    return common.center_report.measure_loss(
        loss, cached, head["codes"], history, config, experiment
    )


def plane(loss, config, folder, strategy):
    """Two features of every training picture, its label, and the centers."""
    # A run of its own inside the run: it has other data.
    inside = RunFolder(folder / "plane", config)
    experiment = common.data.open_data(config, inside, hold_out=False)
    model, _ = train(loss, config, experiment, inside, strategy, embedding=2)
    cached = common.stage1.cached_features(
        loss, model, config, experiment, inside, layer="embedding"
    )
    shown = experiment.data.train
    features, labels = cached["features"][shown], experiment.data.records.labels[shown]
    (centers,) = model.get_layer("center_distances").get_weights()
    return features, labels, centers


def train(loss, config, experiment, folder, strategy, embedding=None, name=None):
    """A network with centers. Cross-entropy alone is the center loss at weight zero, so that every
    loss starts from the same numbers and meets the same batches."""

    def build():
        backbone = common.networks.backbone(config.backbone, config)
        classes = experiment.data.num_classes
        return tfr.models.center_classifier(
            backbone, classes, embedding, config.update, config.rate
        )

    objective = Objective(
        losses={"center_distances": center_loss(loss, config)},
        weights={"center_distances": getattr(config, f"{loss}_lambda", 0.0)},
        metrics={"center_distances": [OwnCenterDistance(), NearestOtherCenterDistance()]},
    )
    return common.stage1.train_classifier(
        name or loss,
        build,
        config,
        experiment.data.records,
        experiment.fit,
        folder,
        strategy,
        objective=objective,
    )


def center_loss(loss: str, config):
    """What reads the distances to the centers beside cross-entropy."""
    if loss in ("softmax", "center"):
        return CenterLoss()
    return ImprovedCenterLoss(loss, margin=config.hinge_margin, beta=config.push)


def run_seeds(config: Config, run_dir: str, seeds: int) -> str:
    """The experiment with several seeds, one folder each, and their common table."""
    compose = common.center_report.seeds_report
    return common.report.write_seeds(config, run, run_dir, seeds, compose)


def start(config_class, description: str) -> int:
    """The command line of this recipe, and of those that only have other defaults."""
    return main(config_class, run, run_seeds, description)


if __name__ == "__main__":
    sys.exit(start(Config, __doc__))
