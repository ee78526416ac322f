"""Adaptive triplet network on CUB-200-2011 (Pan et al. 2021).

    python -m recipes.cub_triplet                 prepared TFDS data, the paper's sizes
    python -m recipes.cub_triplet --demo          drawn_birds, minutes on two CPU cores

The method: a network is trained by softmax cross-entropy, then frozen; a hash layer on its pooled
features is trained by the adaptive triplet loss on hard triplets that are mined anew every three
epochs. Beside it stand what a reader would ask for: the features themselves, random hyperplanes,
codes trained by cross-entropy, and the triplet loss with a fixed margin, whose margin is chosen on
held-out training pictures. Published for 64 bits on CUB: 68.22 mAP with the saliency crop.
"""

import dataclasses
import os
import sys

import tfretrieval as tfr
from recipes import common
from recipes.common.cli import main, option, require
from recipes.common.run_folder import RunFolder


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of the experiment; the command line is made from them."""

    recipe: str = dataclasses.field(default="cub_triplet", init=False)
    dataset: str = option("caltech_birds2011", "name in the catalogue (paper)")
    data_dir: str | None = option(None, "where the data lie (default: TFDS's folder)")
    download: bool = option(False, "let TFDS fetch what is not there")
    skip_unreadable: bool = option(False, "leave pictures out that cannot be read, and list them")
    singletons: str = option("keep", "classes of one picture", choices=("keep", "refuse"))
    held_out: float = option(0.1, "share of the training part that choices are made on (ours)")
    networks: tuple[str, ...] = option(
        ("resnet18", "resnet18_i"), "networks (paper)", choices=("resnet18", "resnet18_i")
    )
    image_size: int = option(299, "pixels of a side (paper)")
    width: int = option(64, "channels of the first stage (paper: 64)")
    epochs: int = option(50, "epochs of stage 1 (paper)")
    batch_size: int = option(64, "pictures or triplets a step (our choice)")
    learning_rate: float = option(1e-3, "of stage 1: AdamW, cosine decay (our choice)")
    weight_decay: float = option(0.05, "of stage 1 (our choice)")
    mixed_precision: bool = option(False, "float16 arithmetic in stage 1 (our choice)")
    bits: int = option(64, "length of the code (paper: 16, 32, 48, 64)")
    standardize: bool = option(True, "centre and scale features before the hash layer (ours)")
    hash_activation: str = option("tanh", "of the hash layer (ours)", choices=("tanh", "sigmoid"))
    hash_epochs: int = option(90, "epochs of stage 2 (paper)")
    hash_learning_rate: float = option(1e-3, "of stage 2: Adam (our choice)")
    remine: int = option(3, "epochs between two minings (paper)")
    beta: float = option(0.5, "hardness factor of the mining (our choice)")
    gap_target: float = option(
        5.0, "the gap the paper wants, for the figure and the share above it"
    )
    margins: tuple[float, ...] = option((0.25, 0.5, 1.0, 2.0, 4.0), "fixed margins tried (ours)")
    seed: int = option(0, "of initial weights, order, augmentation, mining and held-out part")
    split_seed: int = option(0, "of the queries drawn from a folder that names none")

    def __post_init__(self):
        if self.data_dir is not None:
            # The run belongs to the data, wherever it is started from.
            object.__setattr__(self, "data_dir", os.path.abspath(self.data_dir))
        for name in ("image_size", "width", "epochs", "batch_size", "bits", "hash_epochs"):
            value = getattr(self, name)
            require(value >= 1, f"--{name.replace('_', '-')} must be at least 1, got {value}")
        require(self.remine >= 1, f"--remine must be at least 1, got {self.remine}")
        require(0 < self.held_out <= 0.5, f"--held-out must be in (0, 0.5], got {self.held_out}")
        require(0 < self.beta <= 1, f"--beta must be in (0, 1], got {self.beta}")
        require(min(self.margins) >= 0, f"--margins must not be negative, got {self.margins}")
        for name in ("seed", "split_seed"):
            value = getattr(self, name)
            flag = f"--{name.replace('_', '-')}"
            require(0 <= value < 2**31, f"{flag} must be in 0..{2**31 - 1}, got {value}")
        for name in ("learning_rate", "hash_learning_rate"):
            value = getattr(self, name)
            require(value > 0, f"--{name.replace('_', '-')} must be positive, got {value}")
        shown = {f"{margin:g}" for margin in self.margins}
        require(len(shown) == len(self.margins), "--margins names a margin twice")
        require(len(set(self.networks)) == len(self.networks), "--networks names a network twice")

    @staticmethod
    def demo_settings() -> dict:
        """The same experiment with fewer pixels, channels, classes and epochs."""
        return {"dataset": "drawn_birds/demo", "image_size": 128, "width": 16, "epochs": 14}


def run(config: Config, folder: RunFolder) -> str:
    """Runs the experiment in its folder, or what of it is missing there; returns the report."""
    if (folder / "report.md").exists():
        return (folder / "report.md").read_text(encoding="utf-8")
    strategy = common.session.start(config.seed, config.mixed_precision)
    experiment = common.data.open_data(config, folder)
    common.session.record(folder)
    results = [run_network(name, config, experiment, folder, strategy) for name in config.networks]
    return common.report.write(config, experiment, results, folder)


def run_network(name, config, experiment, folder, strategy):
    """Every row of one network."""
    data = experiment.data

    # Stage 1: softmax cross-entropy on the pictures that are not held out.
    def build():
        size = (config.image_size, config.image_size, 3)
        backbone = getattr(tfr.backbones, name)(size, config.width)
        return tfr.models.classifier(backbone, data.num_classes)

    classifier, history = common.stage1.train_classifier(
        name, build, config, experiment, folder, strategy
    )

    # The network is frozen now, so every picture passes it once.
    cached = common.stage1.cached_features(name, classifier, config, experiment, folder)
    features = cached["features"]
    task = common.heads.HeadTask(
        features,
        data.records.labels,
        experiment.fit,
        data.num_classes,
        config.standardize,
        evaluate=lambda codes: common.measure.test_map(codes, experiment),
    )

    # Stage 2, and its rivals on the same features, optimizer, batches and epochs.
    def head(label, train, *arguments):
        if not (folder / f"{name}/{label}.npz").exists():
            print(f"{name}: {label}", flush=True)
        return folder.step(f"{name}/{label}", lambda: train(task, config, *arguments))

    heads = {"cross-entropy": head("cross-entropy", common.heads.train_cross_entropy)}
    for label, (loss, scope) in triplet_losses(config).items():
        heads[label] = head(label, common.heads.train_triplet, loss, scope)

    # The best fixed margin is the best on held-out training pictures.
    held_out = {
        label: common.measure.held_out_map(trained["codes"], experiment)
        for label, trained in heads.items()
    }
    best = max((label for label in heads if label.startswith("fixed")), key=held_out.__getitem__)

    if name == config.networks[-1]:
        common.export.export(classifier, heads["adaptive-mined"], config, experiment, folder)
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


if __name__ == "__main__":
    sys.exit(main(Config, run, run_seeds, __doc__))
