"""What a run of ``cub_triplet`` and its kind will take: steps, time, disk and memory.

The steps are those of :mod:`recipes.triplet.work`, which the run does. The seconds a step come from
some real ones, and the files and the memory of a training step from the shapes of networks and
data. Whatever is written on the way lies in a temporary folder.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import io
import math
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

import tfretrieval as tfr
from data_pipelines import order, steps
from data_pipelines.view import WHOLE
from recipes import common
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.recipe import opened
from recipes.common.report import markdown
from recipes.triplet import classifiers, heads, saliency
from recipes.triplet.margins import CROSS_ENTROPY, TripletHead
from recipes.triplet.protocol import HELD_OUT, PAPER, SELECTED
from recipes.triplet.settings import FINE_TUNED, FULL, VIEWS, PaperSettings
from recipes.triplet.work import (
    FEATURES,
    FROZEN_FEATURES,
    LINEAR,
    LOOK,
    LOOKING,
    STAGE1,
    Step,
    looks,
    row_title,
    run_steps,
    table_steps,
)
from tfretrieval.backbones.networks import title
from tfretrieval.compat import optimizer_variables
from tfretrieval.losses import AdaptiveTripletLoss
from tfretrieval.run_folder import RunFolder
from tfretrieval.saliency import Localizer

TIMED_BATCHES = 20
"""Batches of each kind that are timed, after one that is not."""
TIMED_SECONDS = 120.0
"""No further batch of a kind is begun after so many seconds."""

# Bytes a layer, beside the weights: of a SavedModel's graph, 10 thousand (Keras 3) to 17 (Keras 2),
# and of a file of weights. A figure is of about the size of one with photographs in it.
GRAPH_OF_A_LAYER, WEIGHTS_OF_A_LAYER, FIGURE = 13_000, 3_000, 350_000
# The curves of a head, and a compressed id with its digest in the table of maps.
HISTORY, NAME_IN_A_TABLE = 4_000, 48


@dataclasses.dataclass(frozen=True)
class Work:
    """A part of the run.

    Attributes:
        name: what is done.
        batches: that pass a network or a hash layer.
        seconds: that all of them take.
    """

    name: str
    batches: int
    seconds: float


@dataclasses.dataclass(frozen=True)
class Size:
    """What a trained network takes on the disk.

    Attributes:
        weights, optimizer: bytes of all layers, and of what AdamW keeps.
        features: numbers a picture.
        layers: of the network.
    """

    weights: int
    optimizer: int
    features: int
    layers: int


@dataclasses.dataclass(frozen=True)
class Costs:
    """Seconds of a batch, or of a whole head.

    Attributes:
        training, inference: backbone -> of a training step and of an inference batch.
        look: of the saliency network.
        heads: kind and bits -> of a head.
    """

    training: Mapping[str, float]
    inference: Mapping[str, float]
    look: float
    heads: Mapping[tuple[str, int], float]


def plan(
    load: Callable[[PaperSettings, RunFolder], Divided],
    config: PaperSettings,
    seeds: int,
    numbers: Sequence[int],
) -> str:
    """The plan of a run, or of tables of the paper, in Markdown lines; no file of a run is written.

    Raises:
        ConfigError, DataError: what a run of the configuration refuses at its door.
    """
    steps_of_a_seed = table_steps(config, numbers) if numbers else run_steps(config)
    with tempfile.TemporaryDirectory() as place:
        folder = RunFolder(f"{place}/run", config)
        return "\n".join(_lines(load, config, seeds, numbers, steps_of_a_seed, folder))


def _lines(
    load: Callable[[PaperSettings, RunFolder], Divided],
    config: PaperSettings,
    seeds: int,
    numbers: Sequence[int],
    steps_of_a_seed: Sequence[Step],
    folder: RunFolder,
) -> Iterator[str]:
    networks = dict.fromkeys(
        step.network for step in steps_of_a_seed if step.kind in (STAGE1, FEATURES, FROZEN_FEATURES)
    )
    runs = {
        protocol: opened(
            protocol_config,
            RunFolder(folder / protocol, protocol_config),
            load,
            lambda c: _check(c, networks),
        )
        for protocol, protocol_config in _protocols(config).items()
    }
    run = list(runs.values())[-1]
    before = _peak_memory()
    models = {name: _trained_once(run, name) for name in _backbones(steps_of_a_seed)}
    times = {name: _time_network(run, model) for name, model in models.items()}
    sizes = {name: _size(model) for name, model in models.items()}
    localizer = None
    if any(step.kind == LOOK for step in steps_of_a_seed):
        localizer = saliency.pretrained(config)
        if localizer is None:
            looking = models[LOOKING]
            localizer = saliency.localizer(looking, config, config.saliency_maps)
    costs = Costs(
        {name: training for name, (training, _) in times.items()},
        {name: inference for name, (_, inference) in times.items()},
        _time_look(run, localizer) if localizer else 0.0,
        {},
    )
    peak = _peak_memory()
    width = max(size.features for size in sizes.values())
    costs = dataclasses.replace(costs, heads=_time_heads(run, width, steps_of_a_seed))
    data = {protocol: one.data for protocol, one in runs.items()}
    work = list(works(config, data, steps_of_a_seed, costs))
    files = disk(config, run.data, steps_of_a_seed, sizes, localizer)
    if numbers:
        # Nothing is exported, and of drawings there are four in all.
        for name in ("model.keras and encoder.weights.h5", "savedmodel", "codes"):
            files.pop(name)

    yield from _heading(config, data, seeds, numbers)
    yield from _time_lines(work, seeds, len(runs))
    yield from _disk_lines(files, seeds)
    yield from _memory_lines(config, list(models), run.data.num_classes, before, peak)


def _check(config: PaperSettings, networks: Iterable[str]) -> None:
    common.networks.check_weights(networks, config)
    if looks(networks):
        saliency.pretrained(config)


def _protocols(config: PaperSettings) -> dict[str, PaperSettings]:
    """The passes through the experiment that make up a run: protocol -> settings."""
    names = (HELD_OUT, PAPER) if config.protocol == SELECTED else (config.protocol,)
    # No margin is set where one is to be chosen.
    margin = config.margin if config.margin in config.margins else config.margins[0]
    return {name: dataclasses.replace(config, protocol=name, margin=margin) for name in names}


def _backbones(steps_of_a_seed: Iterable[Step]) -> list[str]:
    """The networks that are trained, without what they see."""
    kinds = (STAGE1, FEATURES, FROZEN_FEATURES)
    return list(dict.fromkeys(_backbone(s.network) for s in steps_of_a_seed if s.kind in kinds))


def _backbone(network: str) -> str:
    """A network without what it sees and what is read of it."""
    return network.partition(":")[0].partition("+")[0]


def works(
    config: PaperSettings,
    data: Mapping[str, Divided],
    steps_of_a_seed: Sequence[Step],
    costs: Costs,
) -> Iterator[Work]:
    """The parts of a seed: its steps, those of a kind and a network together.

    Args:
        data: protocol -> the data as it divides them.
    """
    groups: dict[tuple[str, str, str, int], int] = {}
    for step in steps_of_a_seed:
        key = (step.protocol, step.network, step.kind, step.bits)
        groups[key] = groups.get(key, 0) + 1
    rounds = math.ceil(config.hash_epochs / config.remine)
    for (protocol, network, kind, bits), count in groups.items():
        divided = data[protocol]
        pictures = len(divided.records)
        passed = math.ceil(pictures / config.batch_size)
        backbone = _backbone(network)
        if kind == LOOK:
            yield Work(f"saliency, {pictures} pictures", passed, passed * costs.look)
        elif kind == STAGE1:
            length = order.steps_per_epoch(len(divided.fit), config.batch_size)
            tuned = config.training == FINE_TUNED
            epochs = config.fine_tune_epochs if tuned else config.epochs
            batches = epochs * length
            yield Work(
                f"{_title(network)}: stage 1, {epochs} epochs of {length} steps",
                batches,
                batches * costs.training[backbone],
            )
        elif kind in (FEATURES, FROZEN_FEATURES):
            name = f"{_title(network)}: {kind} of {pictures} pictures"
            yield Work(name, passed, passed * costs.inference[backbone])
        elif kind != LINEAR:
            an_epoch = order.steps_per_epoch(examples(kind, divided), config.batch_size)
            mined = "" if kind == CROSS_ENTROPY else f", {rounds} minings each"
            yield Work(
                f"{_title(network)}: {count} {kind.replace('_', ' ')} head{'s' * (count > 1)} of "
                f"{bits} bits, {config.hash_epochs} epochs of {an_epoch} steps{mined}",
                count * config.hash_epochs * an_epoch,
                count * costs.heads[kind, bits],
            )


def _title(network: str) -> str:
    """A network of a run, or of a table, where a threshold stands behind the +."""
    name, plus, seen = network.partition("+")
    view = seen.partition(":")[0]
    return row_title(network if plus + view in VIEWS else f"{name}+alpha {seen}")


def examples(kind: str, data: Divided) -> int:
    """Examples of an epoch of a head. A picture alone in its class among those trained on anchors
    no triplet."""
    labels = data.records.labels[data.fit]
    if kind == CROSS_ENTROPY:
        return len(labels)
    _, counts = np.unique(labels, return_counts=True)
    return int(counts[counts > 1].sum())


def disk(
    config: PaperSettings,
    data: Divided,
    steps_of_a_seed: Sequence[Step],
    sizes: Mapping[str, Size],
    localizer: Localizer | None,
) -> dict[str, int]:
    """Files of a seed -> bytes.

    A checkpoint is weights + optimizer; features ``4 N (D + classes)``; a head ``4 N bits`` of
    codes and ``4 (D + 1) bits`` of weights; the maps ``N h w`` and their ids; the codes ``bits / 8
    + 4 bits`` a picture beside its id and label; an exported encoder its weights. All of them
    are in bytes, N the pictures, D the features.
    """
    records, bits = data.records, config.bits
    pictures, queries = len(records), len(data.query)
    listed = records.ids[np.concatenate([data.database, data.query])]
    files = dict.fromkeys(("checkpoints", "features", "heads"), 0)
    passes = {step.protocol for step in steps_of_a_seed}
    for step in steps_of_a_seed:
        if step.kind == LOOK and localizer is not None:
            maps = pictures * (math.prod(localizer.map_shape) + NAME_IN_A_TABLE)
            files["saliency"] = files.get("saliency", 0) + maps
            continue
        size = sizes[_backbone(step.network)]
        if step.kind == STAGE1:
            files["checkpoints"] += size.weights + size.optimizer
        elif step.kind == FEATURES:
            files["features"] += 4 * pictures * (size.features + data.num_classes)
        elif step.kind == FROZEN_FEATURES:
            files["features"] += 4 * pictures * (size.features + 2)
        elif step.kind == LINEAR:
            files["heads"] += 4 * data.num_classes * (size.features + 1)
        else:
            files["heads"] += 4 * step.bits * (pictures + size.features + 1) + HISTORY
    kinds = (FEATURES, FROZEN_FEATURES)
    networks = dict.fromkeys(step.network for step in steps_of_a_seed if step.kind in kinds)
    last = config.networks[-1]
    exported = sizes[_backbone(last)]
    encoder = exported.weights + 4 * (exported.features + 1) * bits
    saved = encoder + GRAPH_OF_A_LAYER * exported.layers
    if localizer is not None and looks([last]):
        saved += _bytes(localizer.model.get_weights())
        saved += GRAPH_OF_A_LAYER * len(localizer.model.layers)
    files["model.keras and encoder.weights.h5"] = (
        len(passes) * 2 * (encoder + WEIGHTS_OF_A_LAYER * exported.layers)
    )
    files["savedmodel"] = len(passes) * saved
    files["codes"] = len(passes) * (
        len(listed) * (-(-bits // 8) + 4 * bits + records.labels.itemsize) + listed.nbytes
    )
    figures = 3 + (localizer is not None)
    lists = sum(len(name) + 20 for name in records.ids.tolist())
    # Each stands in report.html once more, in base64.
    drawn = figures * FIGURE * 7 // 3
    files["lists, average precisions and figures"] = len(passes) * (
        lists + 8 * queries * 6 * len(networks) + drawn
    )
    return files


def _trained_once(run: Opened[PaperSettings, Divided], name: str) -> tf.keras.Model:
    """A network of stage 1, compiled, after its first step."""
    print(f"timing {name}", flush=True)
    a_step = dataclasses.replace(run.data, fit=run.data.fit[: run.config.batch_size])
    once = dataclasses.replace(run.with_config(epochs=1), data=a_step)
    with contextlib.redirect_stdout(io.StringIO()):
        # Normalisation is trained too where the run leaves it as it is: a step is no shorter there.
        model, _ = classifiers.train_stage1(once.with_config(training=FULL), name, WHOLE)
    return model


def _time_network(
    run: Opened[PaperSettings, Divided], model: tf.keras.Model
) -> tuple[float, float]:
    """Seconds of a training step, and of an inference batch."""
    config, records, fit = run.config, run.data.records, run.data.fit
    training = steps.train_batches(
        records,
        # Once more and again where there are fewer pictures.
        np.resize(fit, (TIMED_BATCHES + 1) * min(config.batch_size, len(fit))),
        image_size=config.image_size,
        batch_size=min(config.batch_size, len(fit)),
        seed=config.seed,
        epochs=1,
        augment=common.training.augmentation(config),
    )
    inference = _eval_batches(run, config.image_size)
    return (
        _seconds_a_batch(model.train_on_batch, training),
        _seconds_a_batch(lambda images, labels: model.predict_on_batch(images), inference),
    )


def _time_look(run: Opened[PaperSettings, Divided], localizer: Localizer) -> float:
    """Seconds of a batch of the saliency network."""
    print(f"timing the saliency network {localizer.network}", flush=True)
    look = tf.function(lambda images: localizer(images))
    batches = _eval_batches(run, localizer.image_size)
    return _seconds_a_batch(lambda images, labels: look(images).numpy(), batches)


def _eval_batches(run: Opened[PaperSettings, Divided], image_size: int) -> tf.data.Dataset:
    records = run.data.records
    batch = min(run.config.batch_size, len(records))
    return steps.eval_batches(
        records,
        np.resize(np.arange(len(records)), (TIMED_BATCHES + 1) * batch),
        image_size=image_size,
        batch_size=batch,
    )


def _seconds_a_batch(step: Callable[..., Any], batches: Iterable[Any]) -> float:
    """Mean seconds of reading a batch and doing a step with it, the first left out."""
    done, began = -1, 0.0
    for batch in batches:
        step(*batch)
        done += 1
        if done == 0:
            began = time.monotonic()
        elif time.monotonic() - began > TIMED_SECONDS:
            break
    return (time.monotonic() - began) / done


def _time_heads(
    run: Opened[PaperSettings, Divided], width: int, steps_of_a_seed: Iterable[Step]
) -> dict[tuple[str, int], float]:
    """Kind and bits -> seconds of a head, from its first two rounds on random features."""
    print("timing stage 2", flush=True)
    config, data = run.config, run.data
    generator = np.random.default_rng(config.seed)
    features = generator.standard_normal((len(data.records), width), np.float32)
    task = common.heads.head_task(features, config, data)
    rounds = math.ceil(config.hash_epochs / config.remine)
    first = dataclasses.replace(config, hash_epochs=min(config.hash_epochs, 2 * config.remine))

    @functools.cache
    def seconds(kind: str, bits: int) -> float:
        clock = [time.monotonic()]

        def evaluate(codes: np.ndarray) -> dict[str, float]:
            measured = task.evaluate(codes)
            clock.append(time.monotonic())
            return measured

        head = None
        if kind != CROSS_ENTROPY:
            head = TripletHead(AdaptiveTripletLoss("given"), kind)
        timed = dataclasses.replace(task, evaluate=evaluate)
        heads.train(timed, dataclasses.replace(first, bits=bits), head)
        # The head is evaluated before the first round and after each.
        return clock[2] - clock[0] + (rounds - 1) * (clock[-1] - clock[-2])

    return {(s.kind, s.bits): seconds(s.kind, s.bits) for s in steps_of_a_seed if s.bits}


def _size(model: tf.keras.Model) -> Size:
    return Size(
        weights=_bytes(model.get_weights()),
        optimizer=_bytes(np.asarray(v) for v in optimizer_variables(model.optimizer)),
        features=model.get_layer("features").output.shape[-1],
        layers=len(model.layers),
    )


def _bytes(arrays: Iterable[np.ndarray]) -> int:
    return sum(array.nbytes for array in arrays)


def _peak_memory() -> dict[str, int]:
    """Device -> the most bytes that this process has held there; ``memory`` is the machine's."""
    unit = 1 if sys.platform == "darwin" else 1024
    held = {"memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit}
    for number in range(len(tf.config.list_physical_devices("GPU"))):
        held[f"GPU:{number}"] = tf.config.experimental.get_memory_info(f"GPU:{number}")["peak"]
    return held


def _heading(
    config: PaperSettings, data: Mapping[str, Divided], seeds: int, numbers: Sequence[int]
) -> Iterator[str]:
    last = list(data.values())[-1]
    trained = " and then ".join(str(len(divided.fit)) for divided in data.values())
    what = f"tables {', '.join(map(str, numbers))} of {config.recipe}" if numbers else config.recipe
    yield f"# Plan of {what} on {last.name}, protocol {config.protocol}"
    yield ""
    yield (
        f"{len(last.records)} pictures, {trained} trained on, {len(last.database)} in the "
        f"database, {len(last.query)} queries, {last.num_classes} classes; {config.image_size} "
        f"pixels, batches of {config.batch_size}, {seeds} seed{'s' * (seeds > 1)}."
    )
    yield ""


def _time_lines(work: Sequence[Work], seeds: int, passes: int) -> Iterator[str]:
    yield "## Time"
    yield ""
    body = [
        [
            part.name,
            str(part.batches),
            f"{part.seconds / part.batches:.3g} s",
            _duration(part.seconds),
        ]
        for part in work
    ]
    together = sum(part.seconds for part in work)
    body.append(["together", "", "", _duration(together)])
    if seeds > 1:
        body.append([f"{seeds} seeds", "", "", _duration(seeds * together)])
    yield from markdown(["part", "steps", "a step", "time"], body)
    yield ""
    again = (
        "The first half chooses on held-out pictures (`choice/`); the heads of the second train "
        "for the chosen epochs, at most as many. "
        if passes > 1
        else ""
    )
    yield (
        f"{again}A step is one batch. Seconds of stage 1, features and saliency are means of "
        f"{TIMED_BATCHES} batches (of fewer after {TIMED_SECONDS:.0f} s) of whole pictures, with "
        "reading, after one that is not counted; of a head, its first two rounds with mining and "
        "evaluation. Start-up, tables, figures and export are not in it: a minute or two."
    )
    yield ""


def _disk_lines(files: Mapping[str, int], seeds: int) -> Iterator[str]:
    yield "## Disk"
    yield ""
    body = [[name, _megabytes(seeds * size)] for name, size in files.items()]
    body.append(["together", _megabytes(seeds * sum(files.values()))])
    yield from markdown(["files", "size"], body)
    yield ""


def _memory_lines(
    config: PaperSettings,
    backbones: Iterable[str],
    num_classes: int,
    before: Mapping[str, int],
    peak: Mapping[str, int],
) -> Iterator[str]:
    yield "## Memory of a training step"
    yield ""
    columns = ("activations", "weights", "gradients", "optimizer", "total")
    body = []
    policy = tf.keras.mixed_precision.global_policy()
    for name in backbones:
        for precision in ("float32", "mixed_float16"):
            tf.keras.mixed_precision.set_global_policy(precision)
            backbone = common.networks.backbone(
                name, dataclasses.replace(config, weights="none", training=FULL)
            )
            model = tfr.models.classifier(backbone, num_classes)
            memory = tfr.inspection.training_memory(model, config.batch_size)
            body.append(
                [title(name), precision, *(_gigabytes(getattr(memory, c)) for c in columns)]
            )
    tf.keras.mixed_precision.set_global_policy(policy)
    yield from markdown(["network", "precision", *columns], body)
    yield ""
    measured = ", ".join(
        f"{device} {_gigabytes(held)} ({_gigabytes(before[device])} before)"
        for device, held in peak.items()
    )
    yield (
        f"Computed for {config.batch_size} pictures on one device: what the backward pass reads of "
        "the forward pass, weights, gradients and AdamW's two slots. Temporary results and the "
        f"runtime come on top. Measured, most at once while timing: {measured}."
    )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _megabytes(size: float) -> str:
    return f"{size / 1e6:.1f} MB"


def _gigabytes(size: float) -> str:
    return f"{size / 2**30:.2f} GiB"
