"""The head of every method: what stands on the inputs, and which losses read it."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from recipes.comparison.tuples import TuplesOfABatch
from tfretrieval import layers, losses
from tfretrieval.callbacks import Continuation, MarginAnnealing

CROSS_ENTROPY = tf.keras.losses.SparseCategoricalCrossentropy
# Of a start near zero, where tanh is a line: docs/papers/center_loss.md.
SMALL = 0.1
# Features of a slice of DNNH. The paper's 50 cost ten times the time of every other head here.
SLICE = 10


@dataclasses.dataclass(frozen=True, eq=False)
class Head:
    """What is trained.

    Attributes:
        codes: relaxed bits, positive where a bit is on.
        terms: an output, its loss and its weight, each.
        callbacks: of the training.
    """

    codes: Any
    terms: Sequence[tuple[Any, tf.keras.losses.Loss, float]]
    callbacks: Sequence[tf.keras.callbacks.Callback] = ()


@dataclasses.dataclass(frozen=True, eq=False)
class Task:
    """What a head is made for.

    Attributes:
        inputs: the symbolic input ``[B, D]``.
        bits: of the code.
        classes: of the data set.
        value: of the method's number, at this length.
        steps: of the training.
        parts: widths of the parts of the input, where it has some.
    """

    inputs: Any
    bits: int
    classes: int
    value: float
    steps: int
    parts: Sequence[int] = ()

    def hashed(self, activation: str = "tanh", start: float = 1.0) -> Any:
        return layers.HashLayer(self.bits, activation, start)(self.inputs)

    def linear(self) -> Any:
        return tf.keras.layers.Dense(self.bits)(self.inputs)

    def logits(self, codes: Any) -> Any:
        return tf.keras.layers.Dense(self.classes)(codes)

    def cosines(self, codes: Any) -> Any:
        return layers.CosineToCenters(self.classes)(codes)

    def distances(self, codes: Any) -> Any:
        return layers.SquaredDistanceToCenters(self.classes)(codes)


def on_codes(codes: Any, loss: tf.keras.losses.Loss) -> Head:
    """A loss that reads the codes alone."""
    return Head(codes, [(codes, loss, 1.0)])


def classified(task: Task, codes: Any, *more: tuple[Any, tf.keras.losses.Loss, float]) -> Head:
    """A classifier on the codes, and what else reads them."""
    return Head(codes, [(task.logits(codes), CROSS_ENTROPY(from_logits=True), 1.0), *more])


def dnnh(task: Task) -> Head:
    slices = tf.keras.layers.Dense(SLICE * task.bits)(task.inputs)
    codes = layers.DivideAndEncode(task.bits)(slices)
    triplets = losses.InBatch(losses.TripletLoss(task.value, squared=True), "all")
    return on_codes(codes, triplets)


def fph(task: Task) -> Head:
    """The vertical pyramid reads the last stage, the horizontal one those below it, of which each
    has its say: the consensus is their mean, added to the vertical one under a tanh. Triplets are
    ranked by the code, and by what each stage would say alone.

    Of the paper its abstract was to be had; pooled stages have no place any more, which the
    horizontal pyramid keeps. What is here is ours.
    """
    ends = [*itertools.accumulate(task.parts or (task.inputs.shape[1],))]
    stages = [task.inputs[:, a:b] for a, b in itertools.pairwise((0, *ends))]
    *below, vertical = [tf.keras.layers.Dense(task.bits)(stage) for stage in stages]
    consensus = [tf.keras.layers.Average()(below)] if len(below) > 1 else below
    tanh = tf.keras.layers.Activation("tanh")
    codes = tanh(tf.keras.layers.Add()([vertical, *consensus]) if consensus else vertical)
    triplets = losses.InBatch(losses.TripletLoss(task.value, squared=True), "all")
    alone = [(tanh(one), triplets, 1 / len(stages)) for one in (*below, vertical)]
    return Head(codes, [(codes, triplets, 1.0), *alone])


def hashnet(task: Task) -> Head:
    sharpened = layers.ScaledTanh()
    codes = sharpened(tf.keras.layers.Dense(task.bits)(task.inputs))
    loss = losses.HashNetLoss(task.value)
    return Head(codes, [(codes, loss, 1.0)], [Continuation(sharpened)])


def greedyhash(task: Task) -> Head:
    codes = task.linear()
    signs = layers.StraightThroughSign()(codes)
    logits = task.logits(signs)
    return Head(
        codes,
        [
            (logits, CROSS_ENTROPY(from_logits=True), 1.0),
            (codes, losses.QuantizationLoss(3.0), task.value),
        ],
    )


def dch(task: Task) -> Head:
    terms = [losses.CauchyCrossEntropyLoss(task.value), losses.CauchyQuantizationLoss(task.value)]
    return on_codes(task.hashed(), losses.Sum(terms, [1.0, 0.1]))


def gdf_losses(task: Task) -> Head:
    terms = [losses.CauchyQuantizationLoss(), losses.BitBalanceLoss()]
    codes = task.hashed()
    return classified(task, codes, (codes, losses.Sum(terms, [task.value, task.value]), 1.0))


def on_centers(task: Task, loss: tf.keras.losses.Loss) -> Head:
    codes = task.hashed(start=SMALL)
    return classified(task, codes, (task.distances(codes), loss, task.value))


def mems(task: Task) -> Head:
    codes = task.hashed(start=SMALL)
    loss = losses.MultiplicativeEuclideanMarginSoftmax(task.value)
    annealing = MarginAnnealing(loss, steps=max(task.steps // 2, 1))
    return Head(codes, [(task.distances(codes), loss, 1.0)], [annealing])


HEADS: Mapping[str, Callable[[Task], Head]] = {
    "dlbhc": lambda t: classified(t, t.hashed("sigmoid")),
    "cross_entropy": lambda t: classified(t, t.hashed()),
    "dnnh": dnnh,
    "fph": fph,
    "dsh": lambda t: on_codes(t.linear(), losses.DSHLoss(t.value)),
    "dpsh": lambda t: on_codes(t.linear(), losses.DPSHLoss(t.value)),
    "dtsh": lambda t: on_codes(t.linear(), losses.DTSHLoss(t.value)),
    "hashnet": hashnet,
    "dch": dch,
    "greedyhash": greedyhash,
    "csq": lambda t: on_codes(t.hashed(), losses.CentralSimilarityLoss(t.classes, t.bits, t.value)),
    "contrastive": lambda t: on_codes(t.hashed(), losses.PairContrastiveLoss(t.value)),
    "triplet_hard": lambda t: on_codes(
        t.hashed(), losses.InBatch(losses.TripletLoss(t.value), "hard")
    ),
    "triplet_semi_hard": lambda t: on_codes(
        t.hashed(), losses.InBatch(losses.TripletLoss(t.value), "semi-hard")
    ),
    "multi_similarity": lambda t: on_codes(t.hashed(), losses.MultiSimilarityLoss(beta=t.value)),
    "supervised_contrastive": lambda t: on_codes(
        t.hashed(), losses.SupervisedContrastiveLoss(t.value)
    ),
    "cosface": lambda t: on_proxies(t, losses.CosFace(scale=t.value)),
    "arcface": lambda t: on_proxies(t, losses.ArcFace(scale=t.value)),
    "proxy_nca": lambda t: on_proxies(t, losses.ProxyNCA(t.value)),
    "proxy_anchor": lambda t: on_proxies(t, losses.ProxyAnchor(t.value)),
    "center": lambda t: on_centers(t, losses.CenterLoss()),
    "improved_center": lambda t: on_centers(t, losses.ImprovedCenterLoss("ratio")),
    "mems": mems,
    "rank_margin": lambda t: on_codes(t.hashed(), TuplesOfABatch(losses.RankMarginLoss(t.value))),
    "gdf_losses": gdf_losses,
}
"""Method -> its head. Mined triplets have that of their own recipe: :mod:`recipes.common.heads`."""


def on_proxies(task: Task, loss: tf.keras.losses.Loss) -> Head:
    codes = task.hashed()
    return Head(codes, [(task.cosines(codes), loss, 1.0)])
