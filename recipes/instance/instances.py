"""What instance recipes share: data, mining by epochs, whitening, search, what is held out."""

import dataclasses
import functools

import numpy as np
import tensorflow as tf
from scipy.stats import rankdata

import tfretrieval as tfr
from data_pipelines import steps
from data_pipelines.instance_catalogue import InstanceData, load_instances
from data_pipelines.instances import InstanceBenchmark
from data_pipelines.records import DataError, Records
from recipes.common import networks, session, stage1
from recipes.common.run_folder import RunFolder, RunFolderError
from recipes.common.saliency import WHOLE, View
from recipes.common.settings import HashSettings
from tfretrieval.evaluation import InstanceRetrieval, cosine_retrieval, instance_retrieval
from tfretrieval.mining import hard_negatives
from tfretrieval.models import LearnedWhitening
from tfretrieval.search import expand_queries, rank

KS = (1, 5, 10)
# Pairs that whitening is learned from, and ranks of negatives that are looked at.
WHITENING_PAIRS, RANKS = 5000, 20
PRETRAINING_BATCH = 32
# Pixels of the shorter side that the networks of tf.keras.applications need where multi-scale
# search halves it; ours take any.
LEAST = {
    **dict.fromkeys(("resnet50", "resnet101", "vgg16"), 64),
    **dict.fromkeys(("inception_v3", "inception_resnet_v2"), 150),
}
# Pixels, and pictures, that are described at a time.
BATCH_PIXELS, BATCH_PICTURES = 2**23, 64


@dataclasses.dataclass(frozen=True, eq=False)
class Searched:
    """What one kind of descriptors finds.

    Attributes:
        descriptors: benchmark -> those of its queries and of its database.
        results: (benchmark, protocol) -> figures.
    """

    descriptors: dict[str, tuple[np.ndarray, np.ndarray]]
    results: dict[tuple[str, str], InstanceRetrieval]


@dataclasses.dataclass(frozen=True, eq=False)
class HeldOut:
    """How a network treats pictures of things that are neither trained on nor searched.

    Attributes:
        mean_average_precision: of each picture searching for the others of its thing.
        positives: mean distance of a query and its positive.
        negatives: ``[Q, ranks]``: distances to the negatives that the network before training
            finds most similar, in its order.
        correlation: Spearman's, of that order and the distances, mean over queries.
    """

    mean_average_precision: float
    positives: float
    negatives: np.ndarray
    correlation: float


def open_data(config, folder: RunFolder) -> InstanceData:
    """Loads pairs and benchmarks of a configuration, and writes what they are beside the run.

    Raises:
        DataError: what :func:`load_instances` refuses, fewer pairs than a step needs, or a single
            thing held out.
        RunFolderError: the folder's run began on other data.
    """
    data = load_instances(config.dataset, config.benchmarks, config.data_dir)
    if tuples_an_epoch(config, data) < config.batch_size:
        raise DataError(
            f"an epoch has {tuples_an_epoch(config, data)} tuples, fewer than a step of "
            f"{config.batch_size}: lower --batch-size, or raise --queries where it is the limit "
            f"({data.train.name} has {len(data.train.pairs)} pairs)"
        )
    if data.val.records.num_classes < 2:
        raise DataError(
            f"{data.val.name} shows a single thing: there is nothing to confuse it with"
        )
    checksum = data.checksum()
    if (folder / "data.json").exists() and folder.has_steps:
        before = folder.read_json("data.json")["checksum"]
        if before != checksum:
            raise RunFolderError(
                f"{folder.path} began on other data (checksum {before[:12]}, now {checksum[:12]}): "
                "choose another --run-dir"
            )
    else:
        folder.write_json("data.json", {"checksum": checksum, **_described(data)})
    return data


def _described(data: InstanceData):
    """How large everything is, for ``data.json``."""
    pairs = {
        part: {
            "name": each.name,
            "pictures": len(each.records),
            "things": each.records.num_classes,
            "pairs": len(each.pairs),
        }
        for part, each in (("train", data.train), ("val", data.val))
    }
    benchmarks = {
        each.name: {"queries": len(each.queries), "database": len(each.database)}
        for each in data.benchmarks
    }
    notes = [
        *data.train.notes,
        *data.val.notes,
        *(note for each in data.benchmarks for note in each.notes),
    ]
    return {**pairs, "benchmarks": benchmarks, "notes": list(dict.fromkeys(notes))}


def starting_weights(config, data: InstanceData, folder: RunFolder, strategy) -> list[np.ndarray]:
    """Of the backbone: ``--weights``, or with none those of a classifier of the training things.

    Where their boxes are known it learns from the boxes as well as from whole pictures: queries are
    cropped to theirs, the pictures that are searched are whole.
    """
    if config.weights != "none":
        return networks.backbone(config.backbone, config).get_weights()
    settings = HashSettings(
        dataset=config.dataset,
        image_size=config.image_size,
        width=config.width,
        weights="none",
        epochs=config.pretraining,
        batch_size=PRETRAINING_BATCH,
        # A mirror image is no view of the thing.
        flip=False,
        # A smaller part often misses the thing.
        crop_area=0.6,
        seed=config.seed,
    )
    records, view = whole_and_boxes(data.train.records)

    def build():
        backbone = networks.backbone(config.backbone, settings)
        return tfr.models.classifier(backbone, records.num_classes)

    every = np.arange(len(records))
    inside = RunFolder(folder / "before", settings)
    model, _ = stage1.train_classifier(
        config.backbone, build, settings, records, every, inside, strategy, view
    )
    # The classifier is built flat on its backbone, whose weights come first.
    return model.get_weights()[:-2]


def whole_and_boxes(records: Records) -> tuple[Records, View]:
    """Every picture as it is and, where its box is known, cut out: the pictures of both, and what
    is seen of each."""
    if records.boxes is None:
        return records, WHOLE
    whole = np.tile(np.array([0, 0, 1, 1], np.float32), (len(records), 1))
    twice = Records(
        ids=np.concatenate([records.ids, np.char.add(records.ids, ", its box")]),
        labels=np.tile(records.labels, 2),
        class_names=records.class_names,
        paths=None if records.paths is None else np.tile(records.paths, 2),
        blobs=None if records.blobs is None else 2 * records.blobs,
    )
    return twice, View(np.concatenate([whole, records.boxes]))


def tuples_an_epoch(config, data: InstanceData) -> int:
    return min(config.queries, len(data.train.pairs))


def drawn(epoch: int, config, data: InstanceData) -> tuple[np.ndarray, np.ndarray]:
    """The pairs ``[T, 2]`` and the pool ``[P]`` of an epoch, by its number and the seed."""
    generator = np.random.default_rng([config.seed, epoch])
    pairs = generator.permutation(data.train.pairs)[: tuples_an_epoch(config, data)]
    return pairs, generator.permutation(len(data.train.records))[: config.pool]


def things_in_pool(config, data: InstanceData) -> int:
    """Different things in the pool of an epoch, in that of the fewest."""
    labels = data.train.records.labels
    pools = (drawn(epoch, config, data)[1] for epoch in range(config.epochs))
    return min(len(np.unique(labels[pool])) for pool in pools)


def mine(encoder, count: int, epoch: int, config, data: InstanceData) -> np.ndarray:
    """The tuples of an epoch, ``[T, 2 + count]`` into the training records.

    Raises:
        DataError: a pool of too few things.
    """
    records = data.train.records
    pairs, pool = drawn(epoch, config, data)
    wanted, place = np.unique(np.concatenate([pairs[:, 0], pool]), return_inverse=True)
    batches = steps.eval_batches(
        records, wanted, image_size=config.image_size, batch_size=_batch(config.image_size)
    )
    found = _outputs(encoder, batches.map(lambda image, label: image))
    descriptors = found[place.reshape(-1)]
    queries, others = descriptors[: len(pairs)], descriptors[len(pairs) :]
    try:
        negatives = hard_negatives(
            queries,
            records.labels[pairs[:, 0]],
            others,
            records.labels[pool],
            count,
            hardest=config.negatives_from == "hard",
        )
    except ValueError as error:
        raise DataError(f"{data.train.name}: {error} (--pool, --negatives)") from error
    return np.concatenate([pairs, pool[negatives]], axis=1)


def fit_mined(
    name: str, model: tf.keras.Model, mined, config, data: InstanceData, folder: RunFolder
) -> dict[str, np.ndarray]:
    """Trains a compiled model on tuples that are mined anew each epoch, from where a killed run
    was.

    Args:
        mined: from the number of an epoch to its tuples.

    Returns:
        ``loss`` and ``seconds`` an epoch, mining included.
    """
    checkpoint = stage1.Checkpoint(folder, f"{name}/training", model, config.epochs)
    print(f"{name}: epoch {checkpoint.epoch} of {config.epochs} done", flush=True)
    for epoch in range(checkpoint.epoch, config.epochs):
        tuples = mined(epoch)
        batches = steps.tuple_batches(
            data.train.records,
            tuples,
            image_size=config.image_size,
            batch_size=config.batch_size,
            seed=config.seed,
            first_epoch=epoch,
            epochs=epoch + 1,
            augment=False,
        )
        model.fit(
            batches,
            initial_epoch=epoch,
            epochs=epoch + 1,
            steps_per_epoch=len(tuples) // config.batch_size,
            shuffle=False,
            callbacks=[checkpoint],
            verbose=session.verbosity(),
        )
    return checkpoint.history


def describe(model, records: Records, indices, config, long_side, boxes=None) -> np.ndarray:
    """Descriptors of pictures with their own aspect, float32 ``[n, D]``.

    Raises:
        DataError: a picture that is too small for the network.
    """
    batches, places = steps.bounded_batches(
        records,
        indices,
        long_side=long_side,
        batch_size=_batch(long_side),
        boxes=boxes,
        least=LEAST.get(config.backbone, 1),
    )
    found = _outputs(model, batches)
    descriptors = np.empty_like(found)
    descriptors[places] = found
    return descriptors


def _batch(side: int) -> int:
    return min(BATCH_PICTURES, max(1, BATCH_PIXELS // side**2))


def _outputs(model, batches) -> np.ndarray:
    """Of all batches. Not by ``predict``, whose graph XLA compiles anew for every picture size
    where Keras 3 finds a GPU."""
    call = tf.function(
        lambda images: model(images, training=False), reduce_retracing=True, jit_compile=False
    )
    return np.concatenate([call(images).numpy() for images in batches])


def whitening(loss: str, encoder, config, data: InstanceData, folder) -> LearnedWhitening:
    """Whitening learned from pairs of the training part, as the network describes them."""

    def compute():
        generator = np.random.default_rng(config.seed)
        pairs = generator.permutation(data.train.pairs)[:WHITENING_PAIRS]
        wanted, place = np.unique(pairs, return_inverse=True)
        print(f"{loss}: whitening by {len(pairs)} pairs", flush=True)
        found = describe(encoder, data.train.records, wanted, config, config.image_size)
        fitted = LearnedWhitening().fit(found, place.reshape(pairs.shape))
        names = ("mean_", "projection_", "eigenvalues_")
        return {name: getattr(fitted, name) for name in names}

    learned = LearnedWhitening()
    for name, value in folder.step(f"{loss}/whitening", compute).items():
        setattr(learned, name, value)
    return learned


def search(name: str, model, config, data: InstanceData, folder: RunFolder) -> Searched:
    """Describes queries, cropped to their boxes, and databases, and measures what is found."""

    def compute(benchmark: InstanceBenchmark):
        queries, database = benchmark.queries, benchmark.database
        print(f"{name}: {len(queries)} queries, {len(database)} pictures", flush=True)
        every = (np.arange(len(part)) for part in (queries, database))
        return {
            "queries": describe(
                model, queries, next(every), config, config.long_side, queries.boxes
            ),
            "database": describe(model, database, next(every), config, config.long_side),
        }

    descriptors = {}
    for benchmark in data.benchmarks:
        step = f"{name.replace(' ', '-')}/{benchmark.name.replace('/', '-')}"
        found = folder.step(step, functools.partial(compute, benchmark))
        descriptors[benchmark.name] = found["queries"], found["database"]
    return Searched(descriptors, _measured(descriptors, data))


def expanded(found: Searched, config, data: InstanceData) -> Searched:
    """The same with queries that their nearest neighbours have been added to."""
    descriptors = {
        name: (
            expand_queries(queries, database, min(config.neighbours, len(database)), config.alpha),
            database,
        )
        for name, (queries, database) in found.descriptors.items()
    }
    return Searched(descriptors, _measured(descriptors, data))


def _measured(descriptors, data):
    results = {}
    for benchmark in data.benchmarks:
        rankings, _ = rank(*descriptors[benchmark.name])
        for protocol, truth in benchmark.protocols.items():
            results[benchmark.name, protocol] = instance_retrieval(rankings, truth, KS)
    return results


def held_out(loss: str, encoder, config, data: InstanceData, folder: RunFolder) -> HeldOut:
    """Looks at the pictures that choices are made by; ``before`` has to come first."""
    records = data.val.records

    def compute():
        every = np.arange(len(records))
        return {"descriptors": describe(encoder, records, every, config, config.image_size)}

    def order():
        queries = np.unique(data.val.pairs[:, 0])
        ranks = min(RANKS, records.num_classes - 1)
        x, labels = now, records.labels
        return {
            "queries": queries,
            "negatives": hard_negatives(x[queries], labels[queries], x, labels, ranks),
        }

    now = folder.step(f"{loss}/held_out", compute)["descriptors"]
    first = folder.step("before/order", order)
    queries, pairs = first["queries"], data.val.pairs
    negatives = np.linalg.norm(now[first["negatives"]] - now[queries, None], axis=-1)
    ranks = rankdata(negatives, axis=1)
    ranks -= ranks.mean(axis=1, keepdims=True)
    steady = np.arange(ranks.shape[1]) - (ranks.shape[1] - 1) / 2
    scale = np.linalg.norm(ranks, axis=1) * np.linalg.norm(steady)
    # Of two things there is one rank, and no order.
    correlation = np.mean(ranks @ steady / np.maximum(scale, 1e-12)) if len(steady) > 1 else np.nan
    retrieval = cosine_retrieval(now, records.labels, now, records.labels, leave_one_out=True)
    return HeldOut(
        retrieval.mean_average_precision,
        float(np.linalg.norm(now[pairs[:, 0]] - now[pairs[:, 1]], axis=1).mean()),
        negatives,
        float(correlation),
    )


def export(model, found: Searched, data: InstanceData, folder: RunFolder) -> None:
    """Writes ``model.keras``, from pictures of any size to whitened multi-scale descriptors, and
    ``descriptors.npz``: ids and descriptors of queries and databases."""

    def tables():
        arrays = {}
        for benchmark in data.benchmarks:
            parts = zip(
                ("query", "database"),
                (benchmark.queries, benchmark.database),
                found.descriptors[benchmark.name],
                strict=True,
            )
            for part, records, descriptors in parts:
                arrays[f"{benchmark.name}/{part}_ids"] = records.ids
                arrays[f"{benchmark.name}/{part}"] = descriptors
        return arrays

    folder.step("descriptors", tables)
    if not (folder / "model.keras").exists():
        with folder.writing("model.keras") as partial:
            model.save(str(partial))
