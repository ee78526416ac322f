"""Instances by a ranking loss: LRML on retrieval-SfM, tested on Oxford and Paris (Fan et al. 2019).

    python -m recipes.sfm_lrml --data-dir DATA              data/train/..., data/test/...
    python -m recipes.sfm_lrml --demo                       drawn things, minutes on two CPU cores
    python -m recipes.sfm_lrml --demo --losses lrml lrml-all     five negatives against all

The method: a network and a generalised mean (GeM) give one descriptor of length one a picture. It
is trained on tuples of a query, a picture of the same thing, and the five pictures of a pool that
are most similar to the query, of five other things, mined anew each epoch. The contrastive loss
pushes all negatives to one distance; LRML gives each a margin by its rank, so that their order
survives. Descriptors are then whitened, averaged over scales, and queries expanded. Only the
abstract of the paper was available: the loss is our reading, the rest is the framework of
Radenovic et al. 2019 (docs/instance_retrieval.md).
"""

import dataclasses
import math
import sys

import tensorflow as tf

import tfretrieval as tfr
from data_pipelines.instance_catalogue import BENCHMARKS
from recipes import common
from recipes.common import instances
from recipes.common.cli import main, option, require
from recipes.common.run_folder import RunFolder
from recipes.common.settings import RunSettings, at_least_one

LOSSES = ("contrastive", "triplet", "lrml", "contrastive-all", "lrml-all")


@dataclasses.dataclass(frozen=True)
class Config(RunSettings):
    """Settings of the experiment; the command line is made from them."""

    recipe: str = dataclasses.field(default="sfm_lrml", init=False)
    dataset: str = option("retrieval-SfM-120k", "pairs to learn from (Radenovic et al. 2019)")
    benchmarks: tuple[str, ...] = option(
        (),
        "what is searched (default: roxford5k rparis6k, and with drawn things their own; the "
        "paper: oxford5k paris6k)",
        BENCHMARKS,
    )
    backbone: str = option("resnet50", "the network (our choice)", common.networks.BACKBONES)
    pooling: str = option(
        "gem", "of the last map (Radenovic et al. 2019)", ("gem", "mac", "spoc", "rmac")
    )
    losses: tuple[str, ...] = option(
        ("contrastive", "triplet", "lrml"),
        "rows; with -all every thing of the pool gives a negative (paper's efficiency claim)",
        LOSSES,
    )
    negatives: int = option(5, "of a tuple (paper)")
    negatives_from: str = option(
        "hard", "most similar things of the pool (our reading), or easy: the least similar",
        ("hard", "easy"),
    )  # fmt: skip
    margin: float = option(0.85, "of contrastive and LRML (Radenovic et al. 2019, ResNets)")
    delta: float = option(0.05, "of LRML: how much a margin grows with the rank (our choice)")
    ranking: float = option(
        0.0, "of LRML: weight of the term that keeps the order in which they were mined (ours)"
    )
    triplet_margin: float = option(0.1, "of the triplet loss (Radenovic et al. 2019)")
    queries: int = option(2000, "tuples an epoch (Radenovic et al. 2019)")
    pool: int = option(20000, "pictures that negatives are mined from (Radenovic et al. 2019)")
    image_size: int = option(362, "pixels of a side in training (Radenovic et al. 2019)")
    long_side: int = option(1024, "at most, of pictures that are searched (Radenovic et al. 2019)")
    epochs: int = option(100, "of training on tuples (Radenovic et al. 2019)")
    batch_size: int = option(5, "tuples a step (Radenovic et al. 2019)")
    learning_rate: float = option(1e-6, "of AdamW, times exp(-0.01) an epoch (the same)")
    weight_decay: float = option(1e-6, "AdamW, not of GeM's p (the same, coupled there)")
    pretraining: int = option(
        30, "epochs in which a network with --weights none first classifies the things (ours)"
    )
    neighbours: int = option(10, "of query expansion (our choice)")
    alpha: float = option(3.0, "power of their similarity (Radenovic et al. 2019)")

    def __post_init__(self):
        super().__post_init__()
        at_least_one(self, "negatives", "queries", "pool", "long_side", "pretraining", "neighbours")
        for name in ("margin", "delta", "ranking", "triplet_margin", "alpha"):
            flag = common.settings.flag(name)
            require(getattr(self, name) >= 0, f"{flag} must not be negative")
        largest = self.margin + (self.negatives - 1) * self.delta
        require(
            largest < math.sqrt(2),
            f"the largest margin, --margin + (--negatives - 1) --delta = {largest:.2f}, must be "
            "below 1.41, the distance of unrelated pictures",
        )
        require(len(set(self.losses)) == len(self.losses), "--losses names a loss twice")

    @staticmethod
    def demo_settings() -> dict:
        """The same experiment on drawn things, with fewer pixels, channels, tuples and epochs."""
        return {
            "dataset": "drawn_instances/demo",
            "backbone": "resnet18",
            "width": 16,
            "weights": "none",
            "image_size": 96,
            "long_side": 96,
            "queries": 200,
            "pool": 600,
            "epochs": 10,
            "pretraining": 10,
            # At 3e-5 and more every loss unlearns what the classifier knows (held-out pictures).
            "learning_rate": 1e-5,
        }


def run(config: Config, folder: RunFolder) -> str:
    """Runs the experiment in its folder, or what of it is missing there; returns the report."""
    if (folder / "report.md").exists():
        return (folder / "report.md").read_text(encoding="utf-8")
    strategy = common.session.start(config)
    common.networks.check_weights([config.backbone], config)
    data = instances.open_data(config, folder)
    common.session.record(folder)
    starting = instances.starting_weights(config, data, folder, strategy)
    rows = [
        run_row(loss, starting, config, data, folder, strategy)
        for loss in ("before", *config.losses)
    ]
    return common.instance_report.write(config, data, rows, folder)


def run_row(loss, starting, config, data, folder, strategy):
    """One loss, or the network as it was before: trained, whitened, searched in four ways."""
    with strategy.scope():
        encoder = build(starting, config)
    history = None
    if loss != "before":
        history = train(loss, encoder, config, data, folder, strategy)

    # Whitening is learned from the pairs that were trained on, and becomes the last layer.
    whitening = instances.whitening(loss, encoder, config, data, folder)
    whitened = whitening.appended_to(encoder)
    ways = {
        "descriptor": encoder,
        "+ whitening": whitened,
        "+ multi-scale": tfr.models.multi_scale(whitened),
    }
    searched = {
        way: instances.search(f"{loss}/{way.removeprefix('+ ')}", model, config, data, folder)
        for way, model in ways.items()
    }
    searched["+ query expansion"] = instances.expanded(searched["+ multi-scale"], config, data)
    if loss == config.losses[-1]:
        instances.export(ways["+ multi-scale"], searched["+ multi-scale"], data, folder)
    return common.instance_report.Row(
        loss,
        history,
        {way: found.results for way, found in searched.items()},
        instances.held_out(loss, encoder, config, data, folder),
        searched["+ multi-scale"],
    )


def build(starting, config):
    """The descriptor network at its starting weights, for pictures of every size."""
    pooling = {
        "gem": tfr.layers.GeM,
        "mac": tfr.layers.MAC,
        "spoc": tfr.layers.SPoC,
        "rmac": tfr.layers.RMAC,
    }[config.pooling]
    backbone = common.networks.backbone(config.backbone, config, any_size=True)
    backbone.set_weights(starting)
    return tfr.models.descriptor(backbone, pooling(name="pooling"))


def train(loss, encoder, config, data, folder, strategy):
    """Epoch after epoch: negatives are mined by the network as it is, then it learns from them."""
    tf.keras.utils.set_random_seed(config.seed)
    count = config.negatives
    if loss.endswith("-all"):
        count = instances.things_in_pool(config, data) - 1
    with strategy.scope():
        # Statistics of few tuples are no statistics: those of the starting network stay.
        for layer in encoder.layers:
            if isinstance(layer, tf.keras.layers.BatchNormalization):
                layer.trainable = False
        model = tfr.models.tuple_encoder(encoder, 2 + count, config.image_size)
        steps = instances.tuples_an_epoch(config, data) // config.batch_size
        rate = tf.keras.optimizers.schedules.ExponentialDecay(
            config.learning_rate, steps, math.exp(-0.01), staircase=True
        )
        optimizer = tf.keras.optimizers.AdamW(rate, weight_decay=config.weight_decay)
        optimizer.exclude_from_weight_decay(var_names=["gem_p"])
        model.compile(optimizer, objective(loss, count, config), jit_compile=False)

    def mine(epoch):
        return instances.mine(encoder, count, epoch, config, data)

    return instances.fit_mined(loss, model, mine, config, data, folder)


def objective(loss, count, config):
    """The loss on tuples of so many negatives."""
    name = loss.removesuffix("-all")
    if name == "triplet":
        return tfr.losses.TupleTripletLoss(config.triplet_margin)
    if name == "contrastive":
        return tfr.losses.ContrastiveLoss(config.margin)
    # Over all negatives of a pool the margins fill the range that they fill over the mined ones.
    delta = config.delta * (config.negatives - 1) / max(count - 1, 1)
    return tfr.losses.RankMarginLoss(config.margin, delta, ranking=config.ranking)


def run_seeds(config: Config, run_dir: str, seeds: int) -> str:
    """The experiment with several seeds, one folder each, and their common table."""
    compose = common.instance_report.seeds_report
    return common.report.write_seeds(config, run, run_dir, seeds, compose)


if __name__ == "__main__":
    sys.exit(main(Config, run, run_seeds, __doc__))
