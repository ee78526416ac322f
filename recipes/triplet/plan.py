"""What a run of ``cub_triplet`` and its kind will take: steps, time, disk and memory.

The steps are counted, the seconds a step come from some real ones, and the files and the memory of
a training step from the shapes of networks and data. Whatever is written on the way lies in a
temporary folder.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import math
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import tensorflow as tf

import tfretrieval as tfr
from data_pipelines import order, steps
from recipes import common, cub_triplet
from recipes.common.data import Experiment
from recipes.common.report import TITLES, table
from recipes.common.run_folder import RunFolder
from tfretrieval.compat import optimizer_variables
from tfretrieval.losses import AdaptiveTripletLoss

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


def plan(config) -> str:
    """The plan of a configuration, in Markdown lines; no file of a run is written.

    Raises:
        ConfigError, DataError: what a run of the configuration refuses at its door.
    """
    with tempfile.TemporaryDirectory() as place:
        return "\n".join(_lines(config, RunFolder(f"{place}/run", config)))


def _lines(config, folder) -> Iterator[str]:
    strategy = common.session.start(config)
    common.networks.check_weights(config.networks, config)
    looks = any(name.endswith("+crop") for name in config.networks)
    localizer = common.saliency.pretrained(config) if looks else None
    experiments = [_opened(config, name, folder) for name in protocols(config)]
    before = _peak_memory()
    stage1, passes, sizes = {}, {}, {}
    for name in backbones(config):
        model = _trained_once(name, config, experiments[-1], folder, strategy)
        stage1[name], passes[name] = _time_network(model, config, experiments[-1])
        sizes[name] = _size(model)
        if looks and localizer is None:
            # The first is the ResNet18 that is to look.
            localizer = common.saliency.localizer(model, config, config.saliency_maps)
    look = _time_look(localizer, config, experiments[-1]) if looks else 0.0
    peak = _peak_memory()
    heads = _time_heads(max(size.features for size in sizes.values()), config, experiments[-1])
    work = [
        part
        for experiment in experiments
        for part in works(config, experiment, stage1, passes, look, heads)
    ]
    files = disk(config, experiments[-1], sizes, localizer)

    yield from _heading(config, experiments)
    yield from _time_lines(config, work, len(experiments))
    yield from _disk_lines(files, len(experiments))
    yield from _memory_lines(config, experiments[-1].data.num_classes, before, peak)


def protocols(config) -> tuple[str, ...]:
    """The passes through the experiment that make up a run, by the protocol of each."""
    return ("held_out", "paper") if config.protocol == "selected" else (config.protocol,)


def networks(config) -> tuple[str, ...]:
    """The networks that stage 1 trains: those asked for, and the one that is to look."""
    looks = any(name.endswith("+crop") for name in config.networks)
    looking = ("resnet18",) if looks and config.saliency_network == "stage1" else ()
    return tuple(dict.fromkeys((*looking, *config.networks)))


def backbones(config) -> tuple[str, ...]:
    """The same without what they see."""
    return tuple(dict.fromkeys(name.partition("+")[0] for name in networks(config)))


def works(
    config,
    experiment: Experiment,
    stage1: dict[str, float],
    passes: dict[str, float],
    look: float,
    heads: dict[str, float],
) -> Iterator[Work]:
    """The parts of one pass through the experiment.

    Args:
        stage1, passes: backbone -> seconds of a training step and of an inference batch.
        look: seconds of a batch of the saliency network.
        heads: kind (``cross-entropy`` or a scope) -> seconds of a head.
    """
    pictures, fit = len(experiment.data.records), len(experiment.fit)
    length = order.steps_per_epoch(fit, config.batch_size)
    batches = math.ceil(pictures / config.batch_size)
    if any(name.endswith("+crop") for name in config.networks):
        yield Work(f"saliency, {pictures} pictures", batches, batches * look)
    for name in networks(config):
        backbone, count = name.partition("+")[0], config.epochs * length
        yield Work(
            f"{TITLES[name]}: stage 1, {config.epochs} epochs of {length} steps",
            count,
            count * stage1[backbone],
        )
        if name not in config.networks:
            continue
        yield Work(
            f"{TITLES[name]}: features of {pictures} pictures", batches, batches * passes[backbone]
        )
        rounds = math.ceil(config.hash_epochs / config.remine)
        for kind, (number, examples) in head_kinds(config, experiment).items():
            an_epoch = order.steps_per_epoch(examples, config.batch_size)
            mined = "" if kind == "cross-entropy" else f", {rounds} minings each"
            yield Work(
                f"{TITLES[name]}: {number} {kind.replace('_', ' ')} head{'s' * (number > 1)} of "
                f"{config.hash_epochs} epochs of {an_epoch} steps{mined}",
                number * config.hash_epochs * an_epoch,
                number * heads[kind],
            )


def head_kinds(config, experiment: Experiment) -> dict[str, tuple[int, int]]:
    """Kind of head -> how many of them a network has, and the examples of an epoch.

    The kinds are ``cross-entropy``, and of triplet heads what their margin averages. A picture
    alone in its class among those trained on anchors no triplet.
    """
    labels = experiment.data.records.labels[experiment.fit]
    _, counts = np.unique(labels, return_counts=True)
    anchors = int(counts[counts > 1].sum())
    kinds = {"cross-entropy": (1, len(labels))}
    for _, scope in cub_triplet.triplet_losses(config).values():
        kinds[scope] = (kinds.get(scope, (0, 0))[0] + 1, anchors)
    return kinds


def disk(config, experiment: Experiment, sizes: dict[str, Size], localizer) -> dict[str, int]:
    """Files of one pass through the experiment -> bytes.

    A checkpoint is weights + optimizer; features ``4 N (D + classes)``; a head ``4 N bits`` of
    codes and ``4 (D + 1) bits`` of weights; the maps ``N h w`` and their ids; the codes ``bits / 8
    + 4 bits`` a picture beside its id and label; an exported encoder its weights. All of them
    are in bytes, N the pictures, D the features.
    """
    data, records, bits = experiment.data, experiment.data.records, config.bits
    pictures, queries = len(records), len(data.query)
    listed = records.ids[np.concatenate([data.database, data.query])]
    files = dict.fromkeys(("checkpoints", "features", "heads"), 0)
    for name in networks(config):
        size = sizes[name.partition("+")[0]]
        files["checkpoints"] += size.weights + size.optimizer
        if name in config.networks:
            a_head = 4 * bits * (pictures + size.features + 1) + HISTORY
            files["features"] += 4 * pictures * (size.features + data.num_classes)
            files["heads"] += a_head * sum(n for n, _ in head_kinds(config, experiment).values())
    exported = sizes[config.networks[-1].partition("+")[0]]
    encoder = exported.weights + 4 * (exported.features + 1) * bits
    saved = encoder + GRAPH_OF_A_LAYER * exported.layers
    if localizer is not None:
        files["saliency"] = pictures * (math.prod(localizer.map_shape) + NAME_IN_A_TABLE)
        if config.networks[-1].endswith("+crop"):
            saved += _bytes(localizer.model.get_weights())
            saved += GRAPH_OF_A_LAYER * len(localizer.model.layers)
    files["model.keras and encoder.weights.h5"] = 2 * (
        encoder + WEIGHTS_OF_A_LAYER * exported.layers
    )
    files["savedmodel"] = saved
    files["codes"] = len(listed) * (-(-bits // 8) + 4 * bits + records.labels.itemsize)
    files["codes"] += listed.nbytes
    figures = len(common.figures.NAMES) + (localizer is not None)
    lists = sum(len(name) + 20 for name in records.ids.tolist())
    files["lists, average precisions and figures"] = (
        lists + 8 * queries * 5 * len(config.networks) + figures * FIGURE
    )
    return files


def _opened(config, protocol, folder):
    """The data as a protocol divides them, and of what was written only that."""
    inside = RunFolder(folder / protocol, config)
    return common.data.open_data(config, inside, hold_out=protocol == "held_out")


def _trained_once(name, config, experiment, folder, strategy):
    """A network of stage 1, compiled, after its first step."""
    print(f"timing {name}", flush=True)
    a_step = dataclasses.replace(experiment, fit=experiment.fit[: config.batch_size])
    once = dataclasses.replace(config, epochs=1)
    with contextlib.redirect_stdout(io.StringIO()):
        model, _ = cub_triplet.train_stage1(
            name, once, a_step, folder, strategy, common.saliency.WHOLE
        )
    return model


def _time_network(model, config, experiment) -> tuple[float, float]:
    """Seconds of a training step, and of an inference batch."""
    records, fit = experiment.data.records, experiment.fit
    training = steps.train_batches(
        records,
        # Once more and again where there are fewer pictures.
        np.resize(fit, (TIMED_BATCHES + 1) * min(config.batch_size, len(fit))),
        image_size=config.image_size,
        batch_size=min(config.batch_size, len(fit)),
        seed=config.seed,
        epochs=1,
        augment=common.stage1.augmentation(config),
    )
    inference = _eval_batches(config.image_size, config, experiment)
    return (
        _seconds_a_batch(model.train_on_batch, training),
        _seconds_a_batch(lambda images, labels: model.predict_on_batch(images), inference),
    )


def _time_look(localizer, config, experiment) -> float:
    """Seconds of a batch of the saliency network."""
    print(f"timing the saliency network {localizer.network}", flush=True)
    look = tf.function(lambda images: localizer(images))
    batches = _eval_batches(localizer.image_size, config, experiment)
    return _seconds_a_batch(lambda images, labels: look(images).numpy(), batches)


def _eval_batches(image_size, config, experiment):
    records = experiment.data.records
    batch = min(config.batch_size, len(records))
    return steps.eval_batches(
        records,
        np.resize(np.arange(len(records)), (TIMED_BATCHES + 1) * batch),
        image_size=image_size,
        batch_size=batch,
    )


def _seconds_a_batch(step: Callable, batches: Iterable) -> float:
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


def _time_heads(width, config, experiment) -> dict[str, float]:
    """Kind -> seconds of a head, from its first two rounds on random features."""
    print("timing stage 2", flush=True)
    generator = np.random.default_rng(config.seed)
    features = generator.standard_normal((len(experiment.data.records), width), np.float32)
    task = common.heads.head_task(features, config, experiment)
    rounds = math.ceil(config.hash_epochs / config.remine)
    first = dataclasses.replace(config, hash_epochs=min(config.hash_epochs, 2 * config.remine))

    def seconds(train, *arguments) -> float:
        clock = [time.monotonic()]

        def evaluate(codes):
            measured = task.evaluate(codes)
            clock.append(time.monotonic())
            return measured

        train(dataclasses.replace(task, evaluate=evaluate), first, *arguments)
        # The head is evaluated before the first round and after each.
        return clock[2] - clock[0] + (rounds - 1) * (clock[-1] - clock[-2])

    found = {"cross-entropy": seconds(common.heads.train_cross_entropy, config.remine)}
    for kind in head_kinds(config, experiment):
        if kind not in found:
            loss = AdaptiveTripletLoss("given")
            found[kind] = seconds(common.heads.train_triplet, loss, kind)
    return found


def _size(model) -> Size:
    return Size(
        weights=_bytes(model.get_weights()),
        optimizer=_bytes(np.asarray(v) for v in optimizer_variables(model.optimizer)),
        features=model.get_layer("features").output.shape[-1],
        layers=len(model.layers),
    )


def _bytes(arrays) -> int:
    return sum(array.nbytes for array in arrays)


def _peak_memory() -> dict[str, int]:
    """Device -> the most bytes that this process has held there; ``memory`` is the machine's."""
    unit = 1 if sys.platform == "darwin" else 1024
    held = {"memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit}
    for number in range(len(tf.config.list_physical_devices("GPU"))):
        held[f"GPU:{number}"] = tf.config.experimental.get_memory_info(f"GPU:{number}")["peak"]
    return held


def _heading(config, experiments):
    data = experiments[-1].data
    trained = " and then ".join(str(len(experiment.fit)) for experiment in experiments)
    yield f"# Plan of {config.recipe} on {data.name}, protocol {config.protocol}"
    yield ""
    yield (
        f"{len(data.records)} pictures, {trained} trained on, {len(data.database)} in the "
        f"database, {len(data.query)} queries, {data.num_classes} classes; "
        f"{config.image_size} pixels, batches of {config.batch_size}, one seed."
    )
    yield ""


def _time_lines(config, work, passes):
    yield "## Time"
    yield ""
    body = [
        [part.name, part.batches, f"{part.seconds / part.batches:.3g} s", _duration(part.seconds)]
        for part in work
    ]
    body.append(["together", "", "", _duration(sum(part.seconds for part in work))])
    yield from table(["part", "steps", "a step", "time"], body)
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


def _disk_lines(files, passes):
    yield "## Disk"
    yield ""
    body = [[name, _megabytes(passes * size)] for name, size in files.items()]
    body.append(["together", _megabytes(passes * sum(files.values()))])
    yield from table(["files", "size"], body)
    yield ""


def _memory_lines(config, num_classes, before, peak):
    yield "## Memory of a training step"
    yield ""
    columns = ("activations", "weights", "gradients", "optimizer", "total")
    body = []
    policy = tf.keras.mixed_precision.global_policy()
    for name in backbones(config):
        for precision in ("float32", "mixed_float16"):
            tf.keras.mixed_precision.set_global_policy(precision)
            backbone = common.networks.backbone(name, dataclasses.replace(config, weights="none"))
            model = tfr.models.classifier(backbone, num_classes)
            memory = tfr.models.training_memory(model, config.batch_size)
            body.append(
                [TITLES[name], precision, *(_gigabytes(getattr(memory, c)) for c in columns)]
            )
    tf.keras.mixed_precision.set_global_policy(policy)
    yield from table(["network", "precision", *columns], body)
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
