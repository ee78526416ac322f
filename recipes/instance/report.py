"""What a run on instances says: losses by ways to search, what is held out, negatives by rank."""

import dataclasses

import numpy as np

from data_pipelines import steps
from recipes.common import report
from recipes.common.instances import HeldOut, Searched
from recipes.common.run_folder import RunFolder
from tfretrieval import plots
from tfretrieval.evaluation import InstanceRetrieval
from tfretrieval.search import rank

TITLES = {
    "before": "before training",
    "contrastive": "contrastive",
    "triplet": "triplet",
    "lrml": "LRML",
    "contrastive-all": "contrastive, all negatives",
    "lrml-all": "LRML, all negatives",
}
GALLERY_QUERIES, GALLERY_ANSWERS, GALLERY_PIXELS = 8, 8, 96
Results = dict[tuple[str, str], InstanceRetrieval]


@dataclasses.dataclass(frozen=True, eq=False)
class Row:
    """All of one loss.

    Attributes:
        history: of the training, an array a figure; None before it.
        ways: way to search -> (benchmark, protocol) -> figures.
        held_out: on pictures of other things.
        searched: by whitened descriptors of several scales.
    """

    loss: str
    history: dict[str, np.ndarray] | None
    ways: dict[str, Results]
    held_out: HeldOut
    searched: Searched

    @property
    def seconds(self) -> float:
        """An epoch, mining included, the first left out: it traces the graph."""
        if self.history is None:
            return float("nan")
        return float(
            np.median(self.history["seconds"][-max(1, len(self.history["seconds"]) - 1) :])
        )


def write(config, data, rows, folder: RunFolder) -> str:
    """Writes figures, ``metrics.jsonl``, ``results.json``, ``average_precision.npz`` and, last,
    ``report.md``; returns the report."""
    drawn = {
        "negatives": lambda: plots.negatives_by_rank(
            {TITLES[row.loss]: row.held_out.negatives for row in rows},
            {TITLES[row.loss]: row.held_out.positives for row in rows},
            f"{data.val.name}: distances of negatives, seed {config.seed}",
        ),
        "gallery": lambda: _gallery(config, data, rows[-1]),
    }
    every = [(row, way, key, found) for row in rows for way, results in row.ways.items()
             for key, found in results.items()]  # fmt: skip
    return report.write_files(
        folder,
        drawn,
        report.epochs({row.loss: row.history for row in rows if row.history is not None}),
        {_name(row, way, key): found.average_precision for row, way, key, found in every},
        {
            "mAP": {_name(row, way, key): f.mean_average_precision for row, way, key, f in every},
            "mP@10": {
                _name(row, way, key): f.mean_precision_at_k[-1] for row, way, key, f in every
            },
            "held out": {row.loss: row.held_out.mean_average_precision for row in rows},
            "rank correlation": report.defined({r.loss: r.held_out.correlation for r in rows}),
            "spread": {row.loss: _spread(row.held_out) for row in rows},
            "positives": {row.loss: row.held_out.positives for row in rows},
            "seconds": report.defined({row.loss: row.seconds for row in rows}),
        },
        "\n".join(_report(config, data, rows, drawn, folder)),
    )


def _name(row, way, key):
    return "/".join((row.loss, way, *key))


def _spread(held_out: HeldOut) -> float:
    """Mean distance of the last rank less that of the first."""
    means = held_out.negatives.mean(axis=0)
    return float(means[-1] - means[0])


def _keys(data):
    return [(b.name, protocol) for b in data.benchmarks for protocol in b.protocols]


def _shown(keys):
    """Every protocol; the benchmark is named where there are several."""
    several = len({benchmark for benchmark, _ in keys}) > 1
    return [f"{b} {protocol}" if several else protocol for b, protocol in keys]


def _columns(keys):
    """mAP and mP@10 of every protocol."""
    shown = _shown(keys)
    return [f"mAP {name}" for name in shown] + [f"mP@10 {name}" for name in shown]


HELD_OUT_HEADER = (
    "trained by", "mAP held out", "d(q, p)", "d(q, n), last - first rank", "rank correlation",
    "seconds an epoch",
)  # fmt: skip


def _report(config, data, rows, drawn, folder):
    keys = _keys(data)
    described = folder.read_json("data.json")
    train, val = described["train"], described["val"]
    yield f"# {config.recipe} on {config.dataset}, seed {config.seed}"
    yield ""
    yield (
        f"Learned from {train['pairs']} pairs of {train['pictures']} pictures of "
        f"{train['things']} things; {val['pictures']} pictures of {val['things']} others held out; "
        f"checksum {described['checksum'][:12]}."
    )
    yield from (
        f"{name}: {sizes['queries']} queries, {sizes['database']} pictures."
        for name, sizes in described["benchmarks"].items()
    )
    yield from (f"Note: {note}" for note in described["notes"])
    yield report.ran_on(folder)
    yield ""
    yield from report.table(
        ["trained by", "search", *_columns(keys)],
        [
            [
                TITLES[row.loss],
                way,
                *(report.percent(results[key].mean_average_precision) for key in keys),
                *(report.percent(results[key].mean_precision_at_k[-1]) for key in keys),
            ]
            for row in rows
            for way, results in row.ways.items()
        ],
    )
    yield ""
    first = rows[0].ways["descriptor"]
    for shown, key in zip(_shown(keys), keys, strict=True):
        yield f"- {shown}, %: {first[key].definition}."
    yield (
        "- Each line adds to the one above: whitening learned from training pairs, the mean over "
        f"scales 1, 0.71 and 0.5, queries plus their {config.neighbours} nearest pictures "
        f"(similarity to the power {config.alpha:g})."
    )
    yield "- Queries are cropped to their boxes; pictures keep their aspect."
    yield ""
    yield "## Pictures held out"
    yield ""
    yield from report.table(
        HELD_OUT_HEADER,
        [
            [
                TITLES[row.loss],
                report.percent(row.held_out.mean_average_precision),
                f"{row.held_out.positives:.3f}",
                f"{_spread(row.held_out):.3f}",
                f"{row.held_out.correlation:.3f}",
                "-" if row.history is None else f"{row.seconds:.1f}",
            ]
            for row in rows
        ],
    )
    yield ""
    yield HELD_OUT_DEFINITION
    yield ""
    yield "Figures: " + ", ".join(f"figures/{name}.png" for name in drawn) + "."


HELD_OUT_DEFINITION = (
    "mAP held out, %: each picture searches for the others of its thing by cosine; AP = mean "
    "precision at the relevant items, not the trapezoids above. d(q, p): mean "
    "Euclidean distance of a query and its positive. Of each query's most similar things before "
    "training, one picture each, ranked then: how much farther the last is than the first, and "
    "Spearman's correlation of rank and distance, mean over queries (before training it is 1 by "
    "definition). Seconds: median epoch, mining included, the first of several left out."
)


def _gallery(config, data, row):
    """Queries drawn at random and their nearest pictures, without those that do not count."""
    benchmark = data.benchmarks[0]
    queries, database = benchmark.queries, benchmark.database
    # Of revisited sets the one in which easy and hard pictures are right.
    truth = benchmark.protocols.get("medium") or next(iter(benchmark.protocols.values()))
    searching = np.flatnonzero([len(positives) for positives in truth.positives])
    chosen = np.random.default_rng(config.seed).permutation(searching)[:GALLERY_QUERIES]
    indices, similarities = rank(*row.searched.descriptors[benchmark.name])
    counts = [np.flatnonzero(~np.isin(indices[q], truth.ignored[q])) for q in chosen]
    shortest = min(GALLERY_ANSWERS, *map(len, counts))
    places = np.array([places[:shortest] for places in counts])
    answers = np.take_along_axis(indices[chosen], places, axis=1)
    shown = _pixels(database, answers.ravel())
    return plots.gallery(
        _pixels(queries, chosen, queries.boxes),
        shown.reshape(*answers.shape, *shown.shape[1:]),
        np.stack([np.isin(a, truth.positives[q]) for q, a in zip(chosen, answers, strict=True)]),
        query_names=[queries.class_names[queries.labels[q]] for q in chosen],
        distances=np.round(np.take_along_axis(similarities[chosen], places, axis=1), 2),
        title=(
            f"{TITLES[row.loss]}, whitened, multi-scale: queries drawn at random and their answers "
            "(similarity below; junk left out)"
        ),
    )


def _pixels(records, indices, boxes=None):
    unique, back = np.unique(indices, return_inverse=True)
    batches = steps.eval_batches(
        records, unique, image_size=GALLERY_PIXELS, batch_size=32, boxes=boxes
    )
    return np.concatenate([images.numpy() for images, _ in batches])[back.reshape(-1)]


def seeds_report(config, seeds, results, precisions):
    """Means, spreads and paired differences over the seeds, for :func:`report.write_seeds`."""
    last = config.seed + seeds - 1
    yield f"# {config.recipe} on {config.dataset}, seeds {config.seed}-{last}"
    yield ""
    losses = ["before", *config.losses]
    names = [name.split("/", 2) for name in results[0]["mAP"]]
    ways = list(dict.fromkeys(way for _, way, _ in names))
    keys = list(dict.fromkeys(key for _, _, key in names))
    pairs = [tuple(key.rsplit("/", 1)) for key in keys]
    yield from report.table(
        ["trained by", "search", *_columns(pairs)],
        [
            [
                TITLES[loss],
                way,
                *(
                    report.spread([r[figure][f"{loss}/{way}/{key}"] for r in results])
                    for figure in ("mAP", "mP@10")
                    for key in keys
                ),
            ]
            for loss in losses
            for way in ways
        ],
    )
    yield ""
    yield f"Mean ± standard deviation over {seeds} seeds, %; definitions in each seed's report."
    yield ""
    yield "## Pictures held out"
    yield ""
    yield from report.table(
        HELD_OUT_HEADER,
        [
            [
                TITLES[loss],
                report.spread([r["held out"][loss] for r in results]),
                *(
                    report.deviation([r[figure][loss] for r in results], 3)
                    for figure in ("positives", "spread", "rank correlation")
                ),
                "-"
                if loss == "before"
                else report.deviation([r["seconds"][loss] for r in results], 1),
            ]
            for loss in losses
        ],
    )
    yield ""
    yield HELD_OUT_DEFINITION
    yield ""
    yield "## Differences in mAP, paired over queries"
    yield ""
    yield from report.table(
        [
            "first",
            "second",
            "search",
            "protocol",
            "first - second",
            "95 % interval",
            "a value a seed",
        ],
        [
            [
                TITLES[first],
                TITLES[second],
                way,
                shown,
                *report.paired(precisions, f"{first}/{way}/{key}", f"{second}/{way}/{key}"),
            ]
            for first, second in _rivals(config.losses)
            for way in ("descriptor", "+ whitening")
            for key, shown in zip(keys, _shown(pairs), strict=True)
        ],
    )
    yield ""
    yield report.INTERVALS


def _rivals(losses):
    """Each loss against the network before, LRML against the others, all negatives against five."""
    yield from ((loss, "before") for loss in losses)
    if "lrml" in losses:
        yield from (("lrml", loss) for loss in losses if loss in ("contrastive", "triplet"))
    yield from (
        (loss, loss.removesuffix("-all"))
        for loss in losses
        if loss.endswith("-all") and loss.removesuffix("-all") in losses
    )
