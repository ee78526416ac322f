"""What a run of sketch retrieval says: losses by gates, seen and unseen classes, and distances."""

import dataclasses

import numpy as np
from scipy.spatial.distance import cdist

from recipes.common import figures, report
from recipes.common.data import Experiment
from recipes.common.run_folder import RunFolder
from recipes.common.sketches import Searched
from tfretrieval import plots
from tfretrieval.evaluation import ClassSeparation

LOSS_TITLES = {"softmax": "softmax", "cosface": "CosFace", "mems": "MEMS"}
GATE_TITLES = {"none": "none", "se": "SE", "dase": "DASE"}
GALLERY_QUERIES, GALLERY_ANSWERS = 8, 8


@dataclasses.dataclass(frozen=True, eq=False)
class SketchResult:
    """All of one loss and one kind of gates.

    Attributes:
        history: of the training, an array a figure.
        searched: ``seen`` and, where there are such classes, ``unseen``.
        separation: distances of seen classes.
        switched: layer -> mean gates ``[2, C]``, of domain-aware ones.
        features: ``[N, 2, D]``, of every picture and its mirror image.
    """

    loss: str
    gates: str
    history: dict[str, np.ndarray]
    searched: dict[str, Searched]
    separation: ClassSeparation
    switched: dict[str, np.ndarray]
    features: np.ndarray

    @property
    def name(self) -> str:
        return f"{self.loss}+{self.gates}"

    @property
    def distances(self) -> dict[str, float]:
        """In means of two classes: features of one loss may be all longer than another's."""
        found = self.separation
        scale = found.mean_inter
        return {
            **{key: getattr(found, key) / scale for key in ("max_intra", "min_inter")},
            "mean_intra": found.mean_intra / scale,
            "between": found.mean_intra_between / scale,
        }


def title(loss: str, config) -> str:
    """A loss as it is shown."""
    name, _, margin = loss.partition("-")
    shown = LOSS_TITLES[name]
    return f"{shown}, margin {margin or f'{config.margin:g}'}" if name == "mems" else shown


def write(config, experiment: Experiment, results, folder: RunFolder) -> str:
    """Writes figures, ``metrics.jsonl``, ``results.json``, ``average_precision.npz`` and, last,
    ``report.md``; returns the report."""
    last = results[-1]
    drawn = {"gallery": lambda: _gallery(config, experiment, last)}
    if last.switched:
        drawn["gates"] = lambda: plots.domain_gates(
            last.switched,
            f"{experiment.data.name}, {title(last.loss, config)}: gates of the same pictures",
        )
    return report.write_files(
        folder,
        drawn,
        report.epochs({result.name: result.history for result in results}),
        {
            f"{result.name}/{part}": searched.average_precision
            for result in results
            for part, searched in result.searched.items()
        },
        {
            "rows": {
                result.name: {
                    part: report.defined(searched.figures)
                    for part, searched in result.searched.items()
                }
                for result in results
            },
            "distances": {result.name: report.defined(result.distances) for result in results},
            "seconds": {result.name: result.history["seconds"].sum() for result in results},
        },
        "\n".join(_report(config, experiment, results, drawn, folder)),
    )


def _gallery(config, experiment, result):
    """Sketches of different classes and their nearest photos."""
    data = experiment.data
    labels = data.records.labels
    queries = figures.some_queries(config, experiment, GALLERY_QUERIES)
    views = result.features.swapaxes(0, 1)
    distances = np.min([cdist(x[queries], y[data.database]) for x in views for y in views], axis=0)
    nearest = np.argsort(distances, axis=1, kind="stable")[:, :GALLERY_ANSWERS]
    answers = data.database[nearest]
    size = max(config.image_size, figures.LEAST_PIXELS)
    both = np.concatenate([queries, answers.ravel()])
    shown = figures.pixels(experiment, both, size, config.batch_size)
    seen = np.isin(labels[queries], labels[experiment.fit])
    names = [data.records.class_names[i].replace("_", " ") for i in labels[queries]]
    return plots.gallery(
        shown[: len(queries)],
        shown[len(queries) :].reshape(*answers.shape, *shown.shape[1:]),
        labels[answers] == labels[queries][:, None],
        query_names=[n if s else f"{n}\n(unseen)" for n, s in zip(names, seen, strict=True)],
        distances=np.round(np.take_along_axis(distances, nearest, axis=1), 2),
        title=(
            f"{title(result.loss, config)}, {GATE_TITLES[result.gates]}: sketches drawn at random "
            "and their nearest photos (Euclidean distance below)"
        ),
    )


def _header(config):
    lengths = [f"{bits} bits" for bits in config.bit_lengths]
    return ["trained by", "gates", "classes", "mAP", "R@1", "P@10", *lengths]


def _figures(config):
    return ["mAP", "R@1", "P@10", *(f"mAP, {bits} bits" for bits in config.bit_lengths)]


DISTANCE_HEADER = (
    "trained by", "gates", "max intra", "min inter", "mean intra", "mean intra, sketch to photo",
)  # fmt: skip
DISTANCE_DEFINITION = (
    "Euclidean distances of the features of queries and photos of seen classes, divided by the "
    "mean distance of two pictures of two classes: largest and mean distance inside a class, "
    "smallest between two classes, mean distance of a sketch and a photo of its class. With "
    "max intra below min inter no answer would be wrong."
)


def _report(config, experiment, results, drawn, folder):
    data = experiment.data
    sketches = (data.records.domains[experiment.fit] == 0).sum()
    yield f"# {config.recipe} on {data.name}, seed {config.seed}"
    yield ""
    yield (
        f"{sketches} sketches and {len(experiment.fit) - sketches} photos trained on, "
        f"{len(data.query)} sketches search {len(data.database)} photos; {data.num_classes} "
        f"classes; version {data.version}, checksum {experiment.checksum[:12]}."
    )
    yield from (f"Note: {note}" for note in data.notes)
    yield report.ran_on(folder)
    yield ""
    yield from report.table(
        _header(config),
        [
            [
                title(result.loss, config),
                GATE_TITLES[result.gates],
                part,
                *(report.percent(searched.figures[f]) for f in _figures(config)),
            ]
            for result in results
            for part, searched in result.searched.items()
        ],
    )
    yield ""
    real, binary = results[0].searched["seen"].definition
    yield f"- mAP, %: {real} Angular distance for CosFace."
    yield "- R@1, P@10: share of the first photo, and of the first ten, that is of the class."
    yield f"- Bits: mAP, %, of codes from the class centers: {binary}"
    yield (
        "- seen: sketches of classes that were trained on, unseen: of the others; both search all "
        "photos."
    )
    yield ""
    yield "## Distances"
    yield ""
    yield from report.table(
        DISTANCE_HEADER,
        [
            [
                title(result.loss, config),
                GATE_TITLES[result.gates],
                *(f"{value:.2f}" for value in result.distances.values()),
            ]
            for result in results
        ],
    )
    yield ""
    yield DISTANCE_DEFINITION
    yield ""
    yield "## Time"
    yield ""
    for result in results:
        accuracy = report.percent(result.history["accuracy"][-1])
        yield (
            f"- {title(result.loss, config)}, {GATE_TITLES[result.gates]}: training "
            f"{result.history['seconds'].sum():.0f} s, {accuracy} % right in its last epoch."
        )
    yield ""
    yield "Figures: " + ", ".join(f"figures/{name}.png" for name in drawn) + "."


def seeds_report(config, seeds, results, precisions):
    """Means, spreads and paired differences over the seeds, for :func:`report.write_seeds`."""
    last = config.seed + seeds - 1
    yield f"# {config.recipe} on {config.dataset}, seeds {config.seed}-{last}"
    yield ""
    rows = [(loss, gates) for loss in config.losses for gates in config.gates]
    parts = list(results[0]["rows"]["+".join(rows[0])])
    yield from report.table(
        _header(config),
        [
            [
                title(loss, config),
                GATE_TITLES[gates],
                part,
                *(
                    report.spread([r["rows"][f"{loss}+{gates}"][part][f] for r in results])
                    for f in _figures(config)
                ),
            ]
            for loss, gates in rows
            for part in parts
        ],
    )
    yield ""
    yield f"Mean ± standard deviation over {seeds} seeds, %; definitions in each seed's report."
    yield ""
    yield from report.table(
        DISTANCE_HEADER,
        [
            [
                title(loss, config),
                GATE_TITLES[gates],
                *(
                    report.deviation([r["distances"][f"{loss}+{gates}"][key] for r in results])
                    for key in results[0]["distances"][f"{loss}+{gates}"]
                ),
            ]
            for loss, gates in rows
        ],
    )
    yield ""
    yield DISTANCE_DEFINITION
    yield ""
    yield "## Differences in mAP, paired over queries"
    yield ""
    yield from report.table(
        ["first", "second", "classes", "first - second", "95 % interval", "a value a seed"],
        _differences(config, precisions, parts),
    )
    yield ""
    yield report.INTERVALS
    seconds = sum(sum(r["seconds"].values()) for r in results)
    yield f"Training took {seconds / 60:.0f} minutes in all."


def _differences(config, precisions, parts):
    pairs = [
        ((loss, first), (loss, second))
        for loss in config.losses
        for first, second in (("se", "none"), ("dase", "none"), ("dase", "se"))
        if {first, second} <= set(config.gates)
    ]
    pairs += [
        ((first, gates), (second, gates))
        for gates in config.gates
        for first, second in (("mems", "softmax"), ("mems", "cosface"))
        if {first, second} <= set(config.losses)
    ]
    for first, second in pairs:
        for part in parts:
            rows = [f"{'+'.join(row)}/{part}" for row in (first, second)]
            titles = [f"{title(loss, config)}, {GATE_TITLES[g]}" for loss, g in (first, second)]
            yield [*titles, part, *report.paired(precisions, *rows)]
