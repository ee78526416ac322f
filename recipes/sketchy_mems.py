"""Sketches search photos on Sketchy (extended): domain-aware gates and MEMS (Lu et al. 2021).

    python -m recipes.sketchy_mems --data-dir SKETCHY       folders, and weights of ResNet50
    python -m recipes.sketchy_mems --dataset openmoji --seeds 3     the grid on drawings
    python -m recipes.sketchy_mems --demo                   openmoji/demo, minutes on two CPU cores

The method: one network sees sketches and photos alike; squeeze-and-excitation gates that know the
domain weigh its channels for each. A linear layer gives 512 features, trained by a softmax over
distances to class centers whose margin multiplies the own distance (MEMS) and grows from 1 to 4.
A sketch and its mirror image search photos and theirs, by the least of four distances. Binary
codes come from a linear map that is fitted on the class centers alone. Beside MEMS stand
cross-entropy and CosFace, beside the domain-aware gates (DASE) plain ones (SE) and none. The
paper's table was not available (docs/sketch_retrieval.md); its claims are DASE above SE above none,
MEMS above softmax.
"""

import dataclasses
import sys

import tensorflow as tf

import tfretrieval as tfr
from data_pipelines import steps
from recipes import common
from recipes.common.cli import main, option, require
from recipes.common.run_folder import RunFolder
from recipes.common.settings import Settings
from recipes.common.sketches import seen_by
from tfretrieval.callbacks import MarginAnnealing
from tfretrieval.metrics import NearestCenterAccuracy
from tfretrieval.models.features import pooled_features

layers = tf.keras.layers

GATES = ("none", "se", "dase")
LOSSES = ("softmax", "cosface", "mems", "mems-1", "mems-2", "mems-3")


@dataclasses.dataclass(frozen=True)
class Config(Settings):
    """Settings of the experiment; the command line is made from them."""

    recipe: str = dataclasses.field(default="sketchy_mems", init=False)
    dataset: str = option("sketchy_extended", "name in the catalogue (paper)")
    image_size: int = option(224, "pixels of a side (paper)")
    depth: int = option(
        50, "of the ResNet: 50 (ours; the paper's is SE-ResNeXt-101), or 18", (18, 50)
    )
    embedding: int = option(512, "features (paper)")
    gates: tuple[str, ...] = option(
        GATES, "none, SE, or domain-aware (paper), each a row of every loss", choices=GATES
    )
    losses: tuple[str, ...] = option(
        ("softmax", "cosface", "mems"),
        "cross-entropy, CosFace, or MEMS (paper); mems-2 has the margin 2",
        choices=LOSSES,
    )
    margin: float = option(4.0, "of MEMS (paper)")
    annealing: float = option(0.5, "share of the steps in which it grows from 1 (paper)")
    cosine_margin: float = option(0.35, "of CosFace (paper)")
    cosine_scale: float = option(32.0, "of CosFace (paper)")
    per_domain: int = option(22, "sketches a step, and as many photos (paper)")
    epochs: int = option(64, "passes over the sketches (paper: 200,000 steps on Sketchy)")
    learning_rate: float = option(1e-4, "AdamW; half of the steps, then linear to 0 (paper)")
    weight_decay: float = option(1e-4, "of the network, not of the centers (paper)")
    bit_lengths: tuple[int, ...] = option((32, 64, 128), "lengths of the codes (paper)")
    code_steps: int = option(10_000, "steps in which a map to codes is fitted (paper)")

    def __post_init__(self):
        super().__post_init__()
        require(self.margin >= 1, f"--margin must be at least 1, got {self.margin}")
        require(0 < self.annealing <= 1, f"--annealing must be in (0, 1], got {self.annealing}")
        require(self.cosine_margin >= 0, "--cosine-margin must not be negative")
        require(self.cosine_scale > 0, "--cosine-scale must be positive")
        common.settings.at_least_one(self, "embedding", "per_domain", "code_steps")
        require(min(self.bit_lengths) >= 1, "--bit-lengths must be at least 1")
        for name in ("gates", "losses", "bit_lengths"):
            values = getattr(self, name)
            flag = common.settings.flag(name)
            require(len(set(values)) == len(values), f"{flag} names {values} twice")

    @staticmethod
    def demo_settings() -> dict:
        """The same experiment with fewer pixels, channels, classes, rows and epochs."""
        return {
            "dataset": "openmoji/demo",
            "image_size": 96,
            "depth": 18,
            "width": 16,
            "embedding": 64,
            "losses": ("softmax", "mems"),
            "weights": "none",
            # A margin of 2 is the authors' for their small network; in so few steps 4 makes all
            # features one point.
            "margin": 2.0,
            "epochs": 20,
            "learning_rate": 3e-3,
            "code_steps": 2000,
        }


def run(config: Config, folder: RunFolder) -> str:
    """Runs the experiment in its folder, or what of it is missing there; returns the report."""
    if (folder / "report.md").exists():
        return (folder / "report.md").read_text(encoding="utf-8")
    strategy = common.session.start(config)
    common.networks.check_weights([network(gates, config) for gates in config.gates], config)
    experiment = common.sketches.open_data(config, folder)
    common.session.record(folder)
    rows = [
        run_row(loss, gates, config, experiment, folder, strategy)
        for loss in config.losses
        for gates in config.gates
    ]
    return common.sketch_report.write(config, experiment, rows, folder)


def run_row(loss, gates, config, experiment, folder, strategy):
    """One loss on one network: trained, then searched by features and by codes."""
    name = f"{loss}+{gates}"
    model, history = train(loss, gates, config, experiment, folder, strategy)
    encoder = tf.keras.Model(model.input, model.get_layer("embedding").output)

    # Every picture and its mirror image pass the trained network once.
    features = common.sketches.embed(name, encoder, config, experiment, folder)
    centers = class_centers(loss, model, features, experiment)
    if loss == "cosface":
        # Its distance is the angle.
        features, centers = common.sketches.unit(features), common.sketches.unit(centers)

    # The linear map to codes knows the class centers alone.
    codes = {
        bits: folder.step(f"{name}/codes-{bits}", lambda bits=bits: to_codes(centers, bits, config))
        for bits in config.bit_lengths
    }
    if (loss, gates) == (config.losses[-1], config.gates[-1]):
        common.sketches.export(encoder, features, codes, experiment, folder)
    return common.sketch_report.SketchResult(
        loss,
        gates,
        history,
        common.sketches.measure(features, codes, experiment),
        common.sketches.separation(features, config, experiment),
        common.sketches.gates_by_domain(encoder, config, experiment),
        features,
    )


def train(loss, gates, config, experiment, folder, strategy):
    """A network whose last features the loss reads as logits, cosines or distances."""
    tf.keras.utils.set_random_seed(config.seed)
    sketches, photos, number = common.sketches.trained_on(experiment)
    classes = int(tf.reduce_max(number)) + 1
    length = len(sketches) // min(config.per_domain, len(sketches))
    steps_in_all = config.epochs * length
    with strategy.scope():
        backbone = common.networks.backbone(network(gates, config), config)
        features = pooled_features(backbone)
        features = layers.Dense(config.embedding, dtype="float32", name="embedding")(features)
        head, objective, accuracy = head_of(loss, classes, config)
        model = tf.keras.Model(backbone.input, head(features))
        optimizer = tf.keras.optimizers.AdamW(
            common.sketches.ConstantThenLinear(config.learning_rate, steps_in_all),
            weight_decay=config.weight_decay,
        )
        optimizer.exclude_from_weight_decay(var_names=["centers"])
        model.compile(optimizer, objective, metrics=[accuracy], jit_compile=False)

    def batches(first_epoch):
        dataset = steps.paired_batches(
            experiment.data.records,
            sketches,
            photos,
            image_size=config.image_size,
            per_domain=config.per_domain,
            seed=config.seed,
            first_epoch=first_epoch,
            epochs=config.epochs,
        )
        return dataset.map(lambda inputs, label: (seen_by(model, inputs), tf.gather(number, label)))

    grow = []
    if loss.startswith("mems"):
        grow = [MarginAnnealing(objective, max(1, round(config.annealing * steps_in_all)))]
    name = f"{loss}+{gates}"
    return model, common.stage1.fit(name, model, batches, length, config.epochs, folder, grow)


def network(gates, config):
    """The name of the ResNet with these gates."""
    plain = {18: "resnet18", 50: "resnet50_v1_5"}[config.depth]
    return plain if gates == "none" else f"{gates}_resnet{config.depth}"


def head_of(loss, classes, config):
    """The last layer, the loss on its output, and how accuracy is read from it."""
    if loss == "softmax":
        return layers.Dense(classes, name="logits"), common.stage1.cross_entropy(), "accuracy"
    if loss == "cosface":
        objective = tfr.losses.CosFace(config.cosine_margin, config.cosine_scale)
        return tfr.layers.CosineToCenters(classes, name="cosines"), objective, "accuracy"
    margin = float(loss.partition("-")[2] or config.margin)
    centers = tfr.layers.SquaredDistanceToCenters(classes, initializer=tfr.layers.UnitRows())
    objective = tfr.losses.MultiplicativeEuclideanMarginSoftmax(margin)
    return centers, objective, NearestCenterAccuracy()


def class_centers(loss, model, features, experiment):
    """The centers that were trained, or the means of the training pictures."""
    if loss == "softmax":
        return common.sketches.class_means(features, experiment)
    return model.layers[-1].get_weights()[0]


def to_codes(centers, bits, config):
    """The map from features to codes of this length."""
    kernel, bias = tfr.models.fit_center_codes(centers, bits, config.code_steps, seed=config.seed)
    return {"kernel": kernel, "bias": bias}


def run_seeds(config: Config, run_dir: str, seeds: int) -> str:
    """The experiment with several seeds, one folder each, and their common table."""
    compose = common.sketch_report.seeds_report
    return common.report.write_seeds(config, run, run_dir, seeds, compose)


def start(config_class, description: str) -> int:
    """The command line of this recipe, and of those that only have other defaults."""
    return main(config_class, run, run_seeds, description)


if __name__ == "__main__":
    sys.exit(start(Config, __doc__))
