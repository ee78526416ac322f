"""Adaptive triplet network on CUB-200-2011 (Pan et al. 2021).

    python -m recipes.cub_triplet                 prepared TFDS data, ImageNet weights that
                                                  docs/weights.md tells of, the paper's sizes
    python -m recipes.cub_triplet --table 1 2 3 --seeds 3       the paper's tables
    python -m recipes.cub_triplet --plan          what a run will take
    python -m recipes.cub_triplet --demo          drawn_birds, minutes on two CPU cores

The method: a saliency network points at the subject of every picture, which is cut out. A network
is trained on it by softmax cross-entropy, then frozen; a hash layer on its pooled features is
trained by the adaptive triplet loss on hard triplets that are mined anew every three epochs. Beside
it stand what a reader would ask for: the network on whole pictures, the features themselves, random
hyperplanes, codes trained by cross-entropy, and the triplet loss with a fixed margin. As in the
paper, all of the training part is trained on and the last epoch counts; ``--protocol selected``
chooses margin and epochs on held-out training pictures first. Published for 64 bits on CUB: 68.22
mAP.
"""

import dataclasses
import functools
import sys
from collections.abc import Sequence
from typing import ClassVar

import tfretrieval as tfr
from recipes import common
from recipes.common import published
from recipes.common.cli import main, option, require
from recipes.common.published import Published
from recipes.common.run_folder import RunFolder
from recipes.common.settings import DEMO, SaliencySettings, check_alpha

# Those with squeeze-and-excitation gates are ours (docs/sketch_retrieval.md).
NETWORKS = tuple(
    name + view
    for name in ("resnet18", "resnet18_i", "se_resnet18", "se_resnet18_i")
    for view in ("", "+crop")
)


@dataclasses.dataclass(frozen=True)
class Config(SaliencySettings):
    """Settings of the experiment; the command line is made from them."""

    # Whose published figures stand in the tables.
    published: ClassVar[Published | None] = published.CUB

    recipe: str = dataclasses.field(default="cub_triplet", init=False)
    networks: tuple[str, ...] = option(
        ("resnet18", "resnet18+crop", "resnet18_i+crop"),
        "networks (paper), on whole pictures or on the salient region; the last is exported",
        choices=NETWORKS,
    )
    alpha: float | str = option(0.4, "share of 255 above which the map is kept, or mean (paper)")
    margins: tuple[float, ...] = option(
        (0.25, 0.5, 1.0, 2.0, 4.0, 8.0), "fixed margins tried (ours)"
    )
    margin: float = option(1.0, "the fixed margin that counts where none is chosen (ours)")
    protocol: str = option(
        "paper",
        "paper: all of the training part, last epoch; selected: margin and epochs chosen on a "
        "held-out part, then all of it; held_out: margin chosen, that part never trained on",
        choices=common.protocol.PROTOCOLS,
    )

    def __post_init__(self):
        super().__post_init__()
        check_alpha(self.alpha, "alpha")
        require(min(self.margins) >= 0, f"--margins must not be negative, got {self.margins}")
        shown = {f"{margin:g}" for margin in self.margins}
        require(len(shown) == len(self.margins), "--margins names a margin twice")
        require(
            self.protocol != "paper" or self.margin in self.margins,
            f"--margin {self.margin:g} must be one of --margins {' '.join(sorted(shown))}",
        )
        require(len(set(self.networks)) == len(self.networks), "--networks names a network twice")

    @staticmethod
    def demo_settings() -> dict:
        """The same experiment with fewer pixels, channels, classes and epochs."""
        return {**DEMO, "margins": (1.0, 4.0, 8.0), "protocol": "held_out"}


def run(config: Config, folder: RunFolder) -> str:
    """Runs the experiment in its folder, or what of it is missing there; returns the report."""
    if (folder / "report.md").exists():
        return (folder / "report.md").read_text(encoding="utf-8")
    crops = any(name.endswith("+crop") for name in config.networks)
    strategy = common.session.start(config)
    common.networks.check_weights(config.networks, config)
    pretrained = common.saliency.pretrained(config) if crops else None
    experiment = common.data.open_data(config, folder, hold_out=config.protocol == "held_out")
    common.session.record(folder)
    choices = common.protocol.choose(config, run, folder) if config.protocol == "selected" else {}
    whole = crop = common.saliency.WHOLE
    if crops:
        # The saliency network looks at every picture once.
        localizer = find_localizer(pretrained, config, experiment, folder, strategy)
        table = common.saliency.look(localizer, config, experiment, folder)
        crop = common.saliency.view(localizer, table, config.alpha, config.region)
    results = [
        run_network(
            name,
            config,
            experiment,
            folder,
            strategy,
            crop if name.endswith("+crop") else whole,
            choices.get(name),
        )
        for name in config.networks
    ]
    return common.report.write(config, experiment, results, crop, folder)


def run_network(name, config, experiment, folder, strategy, view, choice):
    """Every row of one network, on the part of every picture that the view shows."""
    # Stage 1: softmax cross-entropy on the pictures that are not held out.
    classifier, history = train_stage1(name, config, experiment, folder, strategy, view)

    # The network is frozen now, so every picture passes it once.
    cached = common.stage1.cached_features(name, classifier, config, experiment, folder, view)
    features = cached["features"]
    task = common.heads.head_task(features, config, experiment)

    # Stage 2, and its rivals on the same features, optimizer, batches and epochs.
    def head(label, train, *arguments):
        if not (folder / f"{name}/{label}.npz").exists():
            print(f"{name}: {label}", flush=True)
        epochs = choice.epochs[label] if choice else config.hash_epochs
        settings = dataclasses.replace(config, hash_epochs=epochs)
        return folder.step(f"{name}/{label}", lambda: train(task, settings, *arguments))

    heads = {
        "cross-entropy": head("cross-entropy", common.heads.train_cross_entropy, config.remine)
    }
    for label, (loss, scope) in triplet_losses(config).items():
        heads[label] = head(label, common.heads.train_triplet, loss, scope)

    # The fixed margin that counts: set beforehand, or the best on held-out training pictures.
    if choice:
        held_out, best = choice.held_out, choice.margin
    else:
        held_out = {
            label: common.measure.held_out_map(trained["codes"], experiment)
            for label, trained in heads.items()
        }
        best = f"fixed-{config.margin:g}"
        if config.protocol == "held_out":
            best = common.protocol.best_margin(held_out)

    if name == config.networks[-1]:
        common.export.export(classifier, heads["adaptive-mined"], config, experiment, folder, view)
    hyperplanes = common.measure.random_hyperplanes(
        features, experiment.fit, config.bits, config.seed
    )
    return common.report.NetworkResult(
        name=name,
        accuracy=common.measure.accuracy(cached["logits"], experiment),
        rows=[
            common.measure.measure_cosine(name, "real-valued features", features, experiment),
            *(
                common.measure.measure_codes(name, row, codes, experiment)
                for row, codes in {
                    "random hyperplanes": hyperplanes,
                    "cross-entropy codes": heads["cross-entropy"]["codes"],
                    "fixed-margin triplet": heads[best]["codes"],
                    "adaptive triplet": heads["adaptive-mined"]["codes"],
                }.items()
            ),
        ],
        heads=heads,
        tests={
            label: common.measure.test_map(h["codes"], experiment) for label, h in heads.items()
        },
        held_out=held_out,
        best=best,
        stage1=history,
        features_seconds=float(cached["seconds"]),
    )


def train_stage1(name, config, experiment, folder, strategy, view):
    """The classifier of this name: a backbone, and after a + what it sees."""

    def build():
        backbone = common.networks.backbone(name, config)
        return tfr.models.classifier(backbone, experiment.data.num_classes)

    return common.stage1.train_classifier(
        name, build, config, experiment.data.records, experiment.fit, folder, strategy, view
    )


def find_localizer(pretrained, config, experiment, folder, strategy):
    """The pretrained saliency network, or the ResNet18 trained on whole pictures."""
    if pretrained is not None:
        return pretrained
    whole = common.saliency.WHOLE
    network, _ = train_stage1("resnet18", config, experiment, folder, strategy, whole)
    return common.saliency.localizer(network, config, config.saliency_maps)


def bench(config, folder):
    """What measures the cells of the paper's tables with one seed: ``measure(cell)``."""
    strategy = common.session.start(config)
    common.networks.check_weights(["resnet18_i"], config)
    pretrained = common.saliency.pretrained(config)
    experiment = common.data.open_data(config, folder, hold_out=config.protocol == "held_out")
    common.session.record(folder)

    @functools.cache
    def look():
        localizer = find_localizer(pretrained, config, experiment, folder, strategy)
        return localizer, common.saliency.look(localizer, config, experiment, folder)

    def measure(cell):
        view = common.saliency.WHOLE
        if cell.alpha != "none":
            view = common.saliency.view(*look(), cell.alpha, config.region)
        name = common.paper_tables.cell_name(cell)
        return common.view_row.measure_view(
            name,
            lambda: train_stage1(name, config, experiment, folder, strategy, view),
            view,
            config,
            experiment,
            folder,
            cell.bits,
        )

    return measure


def triplet_losses(config):
    """Label -> (loss, what margin1 averages): the fixed margins and the three adaptive readings."""
    losses = {f"fixed-{m:g}": (tfr.losses.TripletLoss(m), "mined") for m in config.margins}
    # The one published value for squared distances on tanh codes is a quarter of the bits.
    quarter = config.bits / 4
    losses[f"fixed-{quarter:g}-squared"] = (tfr.losses.TripletLoss(quarter, squared=True), "mined")
    losses["adaptive-mined"] = (tfr.losses.AdaptiveTripletLoss("given"), "mined")
    losses["adaptive-batch"] = (tfr.losses.AdaptiveTripletLoss("batch"), "mined")
    losses["adaptive-all_pairs"] = (tfr.losses.AdaptiveTripletLoss("given"), "all_pairs")
    return losses


def run_seeds(config: Config, run_dir: str, seeds: int) -> str:
    """The experiment with several seeds, one folder each, and their common table."""
    return common.report.write_seeds(config, run, run_dir, seeds)


def run_tables(config: Config, run_dir: str, seeds: int, numbers: Sequence[int]) -> str:
    """Tables of the paper."""
    require(config.protocol != "selected", "--table chooses nothing: leave --protocol selected out")
    return common.paper_tables.run(config, bench, run_dir, seeds, numbers)


def plan(config: Config) -> str:
    """What a run will take: steps, disk, memory, time."""
    return common.plan.plan(config)


def start(config_class, description: str) -> int:
    """The command line of this recipe, and of those that only have other defaults."""
    return main(config_class, run, run_seeds, description, run_tables=run_tables, plan=plan)


if __name__ == "__main__":
    sys.exit(start(Config, __doc__))
