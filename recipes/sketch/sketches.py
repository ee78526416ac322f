"""What the sketch recipes share: parts, features of a picture and its mirror image, figures."""

import dataclasses

import numpy as np
import tensorflow as tf

from data_pipelines import steps
from data_pipelines.records import PHOTO, SKETCH, DataError
from recipes.common import data as common_data
from recipes.common import session
from recipes.common.data import Experiment
from recipes.common.run_folder import RunFolder
from tfretrieval.codes import pack
from tfretrieval.evaluation import (
    ClassSeparation,
    class_separation,
    euclidean_retrieval,
    hamming_retrieval,
)
from tfretrieval.layers import DomainAwareSqueezeExcite

# Pictures whose pairs are all measured, and pictures whose gates are looked at, of each domain.
SEPARATED, GATED = 2000, 64


@tf.keras.utils.register_keras_serializable(package="recipes")
class ConstantThenLinear(tf.keras.optimizers.schedules.LearningRateSchedule):
    """The rate for half of the steps, then falling to zero in a straight line (Lu et al. 2021)."""

    def __init__(self, rate: float, steps: int):
        self.rate, self.steps = rate, steps

    def __call__(self, step):
        done = tf.cast(step, tf.float32) / self.steps
        return self.rate * tf.clip_by_value(2 - 2 * done, 0.0, 1.0)

    def get_config(self):
        return {"rate": self.rate, "steps": self.steps}


@dataclasses.dataclass(frozen=True, eq=False)
class Searched:
    """How some queries search all photos.

    Attributes:
        figures: ``mAP``, ``R@1``, ``P@10`` by features, ``mAP, 64 bits`` and so on by codes.
        average_precision: ``[Q]`` by features.
        definition: of the mAP by features, and by codes.
    """

    figures: dict[str, float]
    average_precision: np.ndarray
    definition: tuple[str, str]


def open_data(config, folder: RunFolder) -> Experiment:
    """Loads a data set of sketches and photos; sketches search, photos are searched.

    Raises:
        DataError: as :func:`recipes.common.data.open_data`; also pictures of which is not said
            what is a sketch, or sketches of a class of which there is no photo.
    """
    experiment = common_data.open_data(config, folder, hold_out=False)
    opened, domains = experiment.data, experiment.data.records.domains
    if domains is None or set(domains[experiment.fit].tolist()) != {SKETCH, PHOTO}:
        raise DataError(
            f"{opened.name} does not say which of its training pictures are sketches and which "
            "are photos: a CSV file has the column domain, 0 and 1"
        )
    query = opened.query[domains[opened.query] == SKETCH]
    database = opened.database[domains[opened.database] == PHOTO]
    labels = opened.records.labels
    absent = np.setdiff1d(labels[query], labels[database])
    if len(absent) or not len(query):
        lacking = repr(opened.records.class_names[absent[0]]) if len(absent) else "any class"
        raise DataError(
            f"{opened.name}: sketches of {lacking} are to search, and there is no photo in the "
            "database, or no sketch among the queries: add pictures, or remove the class"
        )
    return dataclasses.replace(
        experiment, data=dataclasses.replace(opened, query=query, database=database)
    )


def domains_of(experiment: Experiment) -> np.ndarray:
    """What every picture is: 0 a sketch, 1 a photo."""
    domains = experiment.data.records.domains
    assert domains is not None  # Refused by open_data.
    return domains


def trained_on(experiment: Experiment) -> tuple[np.ndarray, np.ndarray, tf.Tensor]:
    """Training sketches, training photos, and label -> number among the seen classes."""
    records, fit = experiment.data.records, experiment.fit
    domains = domains_of(experiment)
    sketches, photos = (fit[domains[fit] == domain] for domain in (SKETCH, PHOTO))
    seen = np.unique(records.labels[fit])
    number = np.searchsorted(seen, np.arange(records.num_classes))
    return sketches, photos, tf.constant(np.minimum(number, len(seen) - 1), tf.int32)


def seen_by(model: tf.keras.Model, inputs: dict[str, tf.Tensor]):
    """What of picture and domain a model reads."""
    return inputs if isinstance(model.input, dict) else inputs["image"]


def embed(
    name: str, encoder: tf.keras.Model, config, experiment: Experiment, folder: RunFolder
) -> np.ndarray:
    """Features of every picture and of its mirror image, float32 ``[N, 2, D]``."""

    def compute():
        records = experiment.data.records
        print(f"{name}: features of {len(records)} pictures", flush=True)
        batches = steps.mirrored_batches(
            records,
            np.arange(len(records)),
            image_size=config.image_size,
            batch_size=config.batch_size,
        )
        features = encoder.predict(
            batches.map(lambda inputs: seen_by(encoder, inputs)), verbose=session.verbosity()
        )
        return {"features": features.reshape(len(records), 2, -1)}

    return folder.step(f"{name}/features", compute)["features"]


def unit(features: np.ndarray) -> np.ndarray:
    """Features scaled to length one."""
    return features / np.maximum(np.linalg.norm(features, axis=-1, keepdims=True), 1e-12)


def class_means(features: np.ndarray, experiment: Experiment) -> np.ndarray:
    """Mean feature of the training pictures of every seen class."""
    fit, labels = experiment.fit, experiment.data.records.labels
    means = features.mean(axis=1)
    return np.stack([means[fit[labels[fit] == c]].mean(axis=0) for c in np.unique(labels[fit])])


def codes_of(features: np.ndarray, weights: dict[str, np.ndarray]) -> np.ndarray:
    """Relaxed codes of the mean of a picture and its mirror image; a bit is ``x >= 0``."""
    return features.mean(axis=1) @ weights["kernel"] + weights["bias"]


def measure(features, codes, experiment: Experiment) -> dict[str, Searched]:
    """What the sketches of seen classes find, and those of unseen ones, among all photos."""
    data = experiment.data
    labels = data.records.labels
    known = np.isin(labels[data.query], labels[experiment.fit])
    parts = {"seen": data.query[known], "unseen": data.query[~known]}
    return {
        name: _search(features, codes, labels, query, data.database)
        for name, query in parts.items()
        if len(query)
    }


def _search(features, codes, labels, query, database):
    real = euclidean_retrieval(
        features[query], labels[query], features[database], labels[database], ks=(1, 10)
    )
    figures = {
        "mAP": real.mean_average_precision,
        "R@1": real.mean(real.hit_at_k[:, 0]),
        "P@10": real.mean(real.precision_at_k[:, 1]),
    }
    for bits, weights in codes.items():
        both = (codes_of(features[part], weights) for part in (query, database))
        binary = hamming_retrieval(
            next(both), labels[query], next(both), labels[database], ks=(1,), stable=False
        )
        figures[f"mAP, {bits} bits"] = binary.mean_average_precision
    return Searched(figures, real.average_precision, (real.definition, binary.definition))


def separation(features, config, experiment: Experiment) -> ClassSeparation:
    """Distances of seen classes' queries and photos, at most so many of them, drawn by the seed."""
    data = experiment.data
    labels = data.records.labels
    pictures = np.concatenate([data.query, data.database])
    pictures = pictures[np.isin(labels[pictures], labels[experiment.fit])]
    drawn = np.random.default_rng(config.seed).permutation(pictures)[:SEPARATED]
    return class_separation(features[drawn, 0], labels[drawn], domains_of(experiment)[drawn])


def gates_by_domain(encoder, config, experiment: Experiment) -> dict[str, np.ndarray]:
    """Layer -> mean gate of every channel, ``[2, C]``: told of the same pictures that they are
    sketches, and that they are photos. Empty without domain-aware gates."""
    layers = [x for x in encoder.layers if isinstance(x, DomainAwareSqueezeExcite)]
    if not layers:
        return {}
    data = experiment.data
    generator = np.random.default_rng(config.seed)
    shown = [generator.permutation(part)[:GATED] for part in (data.query, data.database)]
    batches = steps.mirrored_batches(
        data.records,
        np.concatenate(shown),
        image_size=config.image_size,
        batch_size=config.batch_size,
    )
    maps = tf.keras.Model(encoder.input, [layer.input[0] for layer in layers])
    gates: dict[str, list[np.ndarray]] = {layer.name: [] for layer in layers}
    for inputs in batches:
        for layer, x in zip(layers, tf.nest.flatten(maps(inputs, training=False)), strict=True):
            told = [layer.gate([x, tf.fill([len(x)], domain)]) for domain in (SKETCH, PHOTO)]
            gates[layer.name].append(np.stack(told))
    return {name: np.concatenate(parts, axis=1).mean(axis=1) for name, parts in gates.items()}


def export(encoder, features, codes, experiment: Experiment, folder: RunFolder) -> None:
    """Writes ``model.keras``, from pictures and domains to features, and ``codes.npz``: ids, labels
    and packed codes of every length of database and queries."""
    data = experiment.data

    def tables():
        arrays = {"class_names": np.array(data.records.class_names)}
        for part, indices in (("database", data.database), ("query", data.query)):
            arrays[f"{part}_ids"] = data.records.ids[indices]
            arrays[f"{part}_labels"] = data.records.labels[indices]
            for bits, weights in codes.items():
                arrays[f"{part}_packed_{bits}"] = pack(codes_of(features[indices], weights))
        return arrays

    folder.step("codes", tables)
    if not (folder / "model.keras").exists():
        with folder.writing("model.keras") as partial:
            encoder.save(str(partial))
