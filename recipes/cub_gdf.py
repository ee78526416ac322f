"""GDF-Net on CUB-200-2011 (Sun et al. 2022), beside the adaptive triplet network.

    python -m recipes.cub_gdf                            prepared TFDS data, ImageNet weights
    python -m recipes.cub_gdf --more-bits 16 32 64       further lengths of the code
    python -m recipes.cub_gdf --seeds 3                  with intervals
    python -m recipes.cub_gdf --demo                     drawn_birds, minutes on two CPU cores

The method: attention maps, each for a part of the subject, pool the network's last map part by
part; a graph between the parts of one picture joins each to those most like it; both enter a hash
layer under the classifier. Cross-entropy trains all of it, a Cauchy loss draws the codes to +-1, a
third term keeps every bit at one in half of the pictures. Each row adds one of these to the row
before and is trained from end to end, from the same backbone, in the same batches and steps; from
random numbers a signed root and a graph learn badly, so that without ImageNet's weights a
classifier of the training pictures comes first, for every row. In the same table stands the
adaptive triplet network (Pan et al. 2021) on the same backbone, split and metric: a classifier that
is frozen, and hash layers on its pooled features. Weights of the losses, the fixed margin and
epochs are set beforehand: nothing is chosen. The paper's tables were not available
(docs/gdf_net.md).
"""

import dataclasses
import functools
import sys

import tensorflow as tf

import tfretrieval as tfr
from recipes import common
from recipes.common.cli import ConfigError, main, option, require
from recipes.common.networks import BACKBONES
from recipes.common.settings import MiningSettings, at_least_one, flag
from recipes.common.stage1 import Objective
from tfretrieval.run_folder import RunFolder
from tfretrieval.saliency.feature_layers import feature_maps, stages

# Each has what those before it have.
ALL_ROWS = ("backbone", "attention", "graph", "cauchy", "balance", "augmentation")
# Augmentation takes three passes a step: only where it is asked for.
ROWS = ALL_ROWS[:-1]


@dataclasses.dataclass(frozen=True)
class Config(MiningSettings):
    """Settings of the experiment; the command line is made from them."""

    recipe: str = dataclasses.field(default="cub_gdf", init=False)
    image_size: int = option(448, "pixels of a side (the code that the authors' builds on)")
    width: int = option(64, "channels of the first stage of a ResNet (our choice)")
    batch_size: int = option(32, "pictures or triplets a step (our choice)")
    epochs: int = option(50, "epochs of every network (our choice)")
    pretraining: int = option(
        30,
        "epochs in which a network with --weights none first classifies the training pictures; "
        "every row starts from it, as from ImageNet's weights (ours)",
    )
    bits: int = option(48, "length of the code (the authors' code)")
    more_bits: tuple[int, ...] = option((), "further lengths, every row trained anew: 16 32 64")
    backbone: str = option("inception_v3", "the network (the authors' code)", BACKBONES)
    layer: str | None = option(
        None,
        "where it ends (default: with the last stage but one, mixed7 of inception_v3, which is "
        "Mixed_6e of the authors' code)",
    )
    rows: tuple[str, ...] = option(
        ROWS,
        "backbone: hash layer and cross-entropy on the pooled map; each other adds itself to those "
        "before it in this order, augmentation crops and drops by attention, at three times the "
        "cost; the last is exported",
        choices=ALL_ROWS,
    )
    parts: int = option(32, "attention maps (the authors' code)")
    neighbours: int = option(3, "parts that a part of the graph sees, with itself (theirs)")
    quantization: float = option(0.1, "weight of the Cauchy quantisation loss (our choice)")
    gamma: float = option(20.0, "of the Cauchy distribution (Cao et al. 2018)")
    balance: float = option(0.1, "weight of the bit balance loss (our choice)")
    balance_per: str = option(
        "bit",
        "what is balanced: every bit over a batch (ours), or the bits of every image (their code)",
        choices=("bit", "image"),
    )
    margin: float = option(1.0, "the fixed margin of the triplet loss beside the adaptive (ours)")

    def __post_init__(self):
        super().__post_init__()
        at_least_one(self, "parts", "neighbours")
        require(
            self.neighbours <= self.parts,
            f"--neighbours {self.neighbours} is more than --parts {self.parts}",
        )
        require(
            self.pretraining >= 0, f"--pretraining must not be negative, got {self.pretraining}"
        )
        require(self.gamma > 0, f"--gamma must be positive, got {self.gamma}")
        for name in ("quantization", "balance", "margin"):
            value = getattr(self, name)
            require(value >= 0, f"{flag(name)} must not be negative, got {value}")
        lengths = (self.bits, *self.more_bits)
        require(min(lengths) >= 1, "--more-bits must be at least 1")
        require(len(set(lengths)) == len(lengths), "--more-bits names a length twice, or --bits")
        order = [ALL_ROWS.index(row) for row in self.rows]
        require(order == sorted(set(order)), f"--rows must follow the order {' '.join(ALL_ROWS)}")

    @staticmethod
    def demo_settings() -> dict:
        """The same experiment with fewer pixels, channels, parts, classes and epochs."""
        return {
            "dataset": "drawn_birds/demo",
            "image_size": 96,
            "backbone": "resnet18",
            "width": 16,
            "weights": "none",
            "pretraining": 10,
            "epochs": 8,
            "parts": 8,
            # What held-out pictures chose in cub_triplet's demonstration.
            "margin": 4.0,
        }


def run(config: Config, folder: RunFolder) -> str:
    """Runs the experiment in its folder, or what of it is missing there; returns the report."""
    if (folder / "report.md").exists():
        return (folder / "report.md").read_text(encoding="utf-8")
    strategy = common.session.start(config)
    # Weights and layers that are not there are told before the data.
    network(config)
    experiment = common.data.open_data(config, folder, hold_out=False)
    common.session.record(folder)
    starting = starting_weights(config, experiment, folder, strategy)
    frozen = train_classifier(starting, config, experiment, folder, strategy)
    results = run_length(starting, frozen, config, experiment, folder, strategy)
    lengths = {config.bits: results}
    for bits in config.more_bits:
        # A run of its own inside the run: other codes, other files to use them by.
        of_length = dataclasses.replace(config, bits=bits, more_bits=())
        inside = RunFolder(folder / f"{bits}-bits", of_length)
        lengths[bits] = run_length(starting, frozen, of_length, experiment, inside, strategy)
    return common.gdf_report.write(config, experiment, lengths, frozen, folder)


def run_length(starting, frozen, config, experiment, folder, strategy):
    """Every row of one length of the code, of both papers."""
    return [
        *(run_row(row, starting, config, experiment, folder, strategy) for row in config.rows),
        *run_heads(frozen, config, experiment, folder),
    ]


def network(config) -> tf.keras.Model:
    """The backbone, up to the layer that both papers begin at."""
    whole = common.networks.backbone(config.backbone, config)
    ends = stages(whole)
    name = config.layer or (ends[-2] if len(ends) > 1 else whole.layers[-1].name)
    names = [layer.name for layer in feature_maps(whole)]
    if name not in names:
        raise ConfigError(f"--layer {name}: no map of {config.backbone}, which ends in {names[-1]}")
    return tf.keras.Model(whole.input, whole.get_layer(name).output, name=config.backbone)


def starting_weights(config, experiment, folder, strategy):
    """Of every row's backbone: ``--weights``, or with none those of a classifier of the training
    pictures."""
    tf.keras.utils.set_random_seed(config.seed)
    if config.weights != "none" or not config.pretraining:
        return network(config).get_weights()
    model, _ = common.stage1.train_classifier(
        "start",
        lambda: tfr.models.classifier(network(config), experiment.data.num_classes),
        dataclasses.replace(config, epochs=config.pretraining),
        experiment.data.records,
        experiment.fit,
        folder,
        strategy,
    )
    # The classifier is built flat on its backbone, whose weights come first.
    return model.get_weights()[:-2]


def backbone(starting, config):
    """The network at the weights that every row starts from."""
    model = network(config)
    model.set_weights(starting)
    return model


def run_row(row, starting, config, experiment, folder, strategy):
    """A network trained from end to end, and its codes measured."""
    model, history = train(row, starting, config, experiment, folder, strategy)
    cached = common.stage1.cached_features(row, model, config, experiment, folder, layer="codes")
    codes = cached["features"]
    if row == config.rows[-1]:
        encoder = tf.keras.Model(model.input, model.get_layer("codes").output)
        common.export.export_codes(encoder, codes, config, experiment, folder)
    return common.gdf_report.GdfResult(
        row,
        common.measure.measure_codes(config.backbone, row, codes, experiment),
        common.measure.accuracy(cached["logits"], experiment),
        codes,
        history,
        float(history["seconds"].sum()),
        common.gdf_report.attention(model, config, experiment),
    )


def train(row, starting, config, experiment, folder, strategy):
    """The network of a row. Terms that it does without have weight zero, so that all rows are
    trained by the same sum."""
    has = ALL_ROWS[: ALL_ROWS.index(row) + 1]

    def build():
        model = tfr.models.gdf_net(
            backbone(starting, config),
            experiment.data.num_classes,
            config.bits,
            config.parts,
            config.neighbours,
            attention="attention" in has,
            graph="graph" in has,
            hash_activation=config.hash_activation,
        )
        if "augmentation" in has:
            return tfr.models.attention_augmented(model, config.seed)
        return model

    terms = tfr.losses.Sum(
        [
            tfr.losses.CauchyQuantizationLoss(config.gamma),
            tfr.losses.BitBalanceLoss(config.balance_per),
        ],
        weights=[
            config.quantization if "cauchy" in has else 0.0,
            config.balance if "balance" in has else 0.0,
        ],
    )
    objective = Objective(losses={"codes": terms}, weights={"codes": 1.0})
    if "augmentation" in has:
        # Their mean over the picture and its two views.
        views = dict.fromkeys(("crop", "drop"), common.stage1.cross_entropy())
        shares = dict.fromkeys(("logits", *views), 1 / 3)
        objective = Objective({**objective.losses, **views}, {**objective.weights, **shares})
    model, history = common.stage1.train_classifier(
        row,
        build,
        config,
        experiment.data.records,
        experiment.fit,
        folder,
        strategy,
        objective=objective,
    )
    if "augmentation" in has:
        model = model.get_layer(f"{config.backbone}_gdf_net")
    return model, history


def train_classifier(starting, config, experiment, folder, strategy):
    """Stage 1 of the adaptive triplet network: what its hash layers are trained on, frozen."""

    def build():
        return tfr.models.classifier(backbone(starting, config), experiment.data.num_classes)

    classifier, history = common.stage1.train_classifier(
        "frozen", build, config, experiment.data.records, experiment.fit, folder, strategy
    )
    cached = common.stage1.cached_features("frozen", classifier, config, experiment, folder)
    return {**cached, "history": history}


def run_heads(frozen, config, experiment, folder):
    """Hash layers on the frozen features: same optimizer, batches, epochs and start for all."""
    task = common.heads.head_task(frozen["features"], config, experiment)
    losses = {
        "fixed": tfr.losses.TripletLoss(config.margin),
        "adaptive": tfr.losses.AdaptiveTripletLoss("given"),
    }
    trained = {
        "cross-entropy": lambda: common.heads.train_cross_entropy(task, config, config.remine),
        **{
            name: functools.partial(common.heads.train_triplet, task, config, loss, "mined")
            for name, loss in losses.items()
        },
    }
    for name, train_head in trained.items():
        if not (folder / f"frozen/{name}.npz").exists():
            print(f"frozen, {config.bits} bits: {name}", flush=True)
        head = folder.step(f"frozen/{name}", train_head)
        yield common.gdf_report.GdfResult(
            name,
            common.measure.measure_codes(config.backbone, name, head["codes"], experiment),
            common.measure.accuracy(frozen["logits"], experiment),
            head["codes"],
            common.heads.history(head),
            float(head["seconds"]),
        )


def run_seeds(config: Config, run_dir: str, seeds: int) -> str:
    """The experiment with several seeds, one folder each, and their common table."""
    compose = common.gdf_report.seeds_report
    return common.report.write_seeds(config, run, run_dir, seeds, compose)


def start(config_class, description: str) -> int:
    """The command line of this recipe, and of those that only have other defaults."""
    return main(config_class, run, run_seeds, description)


if __name__ == "__main__":
    sys.exit(start(Config, __doc__))
