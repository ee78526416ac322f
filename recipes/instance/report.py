"""What a run on instances says: losses by ways to search, what is held out, negatives by rank."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from data_pipelines.instance_catalogue import InstanceData
from recipes.common import pictures
from recipes.common.about import ran_on
from recipes.common.opened import Opened
from recipes.common.report import Column, Figure, Pair, Report, Table
from recipes.instance.instance_result import InstanceResult
from recipes.instance.margins import Margins, of_run
from recipes.instance.search import DESCRIPTOR, KS, MULTI_SCALE, WHITENED, InstanceSearch
from recipes.instance.settings import (
    ALL,
    BEFORE,
    CONTRASTIVE,
    LRML,
    ROWS,
    TRIPLET,
    InstanceSettings,
)
from tfretrieval import plots
from tfretrieval.run_folder import RunFolder
from tfretrieval.search import rank

GALLERY_QUERIES, GALLERY_ANSWERS, GALLERY_PIXELS, GALLERY_BATCH = 8, 8, 96, 32
HELD_OUT, POSITIVES = Column("mAP held out"), Column("d(q, p)", "")
SPREAD, CORRELATION = Column("d(q, n), last - first rank", ""), Column("rank correlation", "")
HELD_OUT_DEFINITION = (
    "mAP held out, %: each picture searches for the others of its thing by cosine; AP = mean "
    "precision at the relevant items, not the trapezoids above. d(q, p): mean "
    "Euclidean distance of a query and its positive. Of each query's most similar things before "
    "training, one picture each, ranked then: how much farther the last is than the first, and "
    "Spearman's correlation of rank and distance, mean over queries (before training it is 1 by "
    "definition). Active hinges, %: those above zero in the last epoch."
)
ACTIVE = Column("active hinges")
SECONDS_DEFINITION = (
    "Time: median epoch of a training, mining included, the first of several left out."
)
# (benchmark, protocol) -> how it is shown.
Protocols = dict[tuple[str, str], str]


def compose(
    opened: Opened[InstanceSettings, InstanceData], results: Sequence[InstanceResult]
) -> Report:
    """The report of the network before training and of every loss."""
    config, data = opened.config, opened.data
    protocols = _protocols(data)
    rows = {(result.title, way): found for result in results for way, found in result.found.items()}
    return Report(
        title=f"{config.recipe} on {config.dataset}",
        seed=config.seed,
        about=(*_data_lines(opened.folder), ran_on(opened.folder)),
        tables=(
            Table(
                "",
                ("trained by", "search"),
                tuple(
                    Column(name(shown))
                    for name in (_mean_precision, _precision)
                    for shown in protocols.values()
                ),
                {names: _figures_of(found, protocols) for names, found in rows.items()},
                tuple(_definitions(config, results[0], protocols)),
            ),
            Table(
                "Pictures held out",
                ("trained by",),
                (HELD_OUT, POSITIVES, SPREAD, CORRELATION, ACTIVE),
                {
                    (result.title,): {
                        HELD_OUT.name: result.held_out.mean_average_precision,
                        POSITIVES.name: result.held_out.positives,
                        SPREAD.name: result.held_out.spread,
                        CORRELATION.name: result.held_out.correlation,
                        ACTIVE.name: result.active_hinges,
                    }
                    for result in results
                },
                (HELD_OUT_DEFINITION, _margins(of_run(opened))),
            ),
        ),
        notes=(SECONDS_DEFINITION,),
        pairs=tuple(_pairs(config, protocols)),
        precisions={
            (*names, shown): found.results[key].average_precision
            for names, found in rows.items()
            for key, shown in protocols.items()
        },
        histories={result.loss: result.history for result in results if result.history is not None},
        seconds={
            f"{result.title}, an epoch": result.seconds
            for result in results
            if result.history is not None
        },
        figures=_drawn(opened, results),
    )


def _data_lines(folder: RunFolder) -> Iterator[str]:
    described = folder.read_json("data.json")
    train, val = described["train"], described["val"]
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


def _margins(margins: Margins) -> str:
    return (
        f"Margins: contrastive {margins.contrastive:g}; LRML {margins.rank:g}, and "
        f"{margins.delta:g} more a rank; triplet {margins.triplet:g} (squared distances)."
    )


def _protocols(data: InstanceData) -> Protocols:
    """Every protocol; the benchmark is named where there are several."""
    several = len(data.benchmarks) > 1
    return {
        (benchmark.name, protocol): f"{benchmark.name} {protocol}" if several else protocol
        for benchmark in data.benchmarks
        for protocol in benchmark.protocols
    }


def _mean_precision(protocol: str) -> str:
    return f"mAP {protocol}"


def _precision(protocol: str) -> str:
    return f"mP@{KS[-1]} {protocol}"


def _figures_of(found: InstanceSearch, protocols: Protocols) -> dict[str, Figure]:
    figures: dict[str, Figure] = {}
    for key, shown in protocols.items():
        figures[_mean_precision(shown)] = found.results[key].mean_average_precision
        figures[_precision(shown)] = float(found.results[key].mean_precision_at_k[-1])
    return figures


def _definitions(
    config: InstanceSettings, result: InstanceResult, protocols: Protocols
) -> Iterator[str]:
    for key, shown in protocols.items():
        yield f"- {shown}, %: {result.found[DESCRIPTOR].results[key].definition}."
    yield (
        "- Each line adds to the one above: whitening learned from training pairs, the mean over "
        f"scales 1, 0.71 and 0.5, queries plus their {config.neighbours} nearest pictures "
        f"(similarity to the power {config.alpha:g})."
    )
    yield "- Queries are cropped to their boxes; pictures keep their aspect."


def _pairs(config: InstanceSettings, protocols: Protocols) -> Iterator[Pair]:
    for rivals in _rivals(config.losses):
        for way in (DESCRIPTOR, WHITENED):
            for shown in protocols.values():
                yield Pair(*((ROWS[loss], way, shown) for loss in rivals))


def _rivals(losses: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each loss against the network before, LRML against the others, all negatives against five."""
    yield from ((loss, BEFORE) for loss in losses)
    if LRML in losses:
        yield from ((LRML, loss) for loss in losses if loss in (CONTRASTIVE, TRIPLET))
    yield from (
        (loss, loss.removesuffix(ALL))
        for loss in losses
        if loss.endswith(ALL) and loss.removesuffix(ALL) in losses
    )


def _drawn(
    opened: Opened[InstanceSettings, InstanceData], results: Sequence[InstanceResult]
) -> dict[str, Callable[[], Any]]:
    """Name of a figure -> function that draws it."""
    val, seed = opened.data.val.name, opened.config.seed
    return {
        "negatives": lambda: plots.negatives_by_rank(
            {result.title: result.held_out.negatives for result in results},
            {result.title: result.held_out.positives for result in results},
            f"{val}: distances of negatives, seed {seed}",
        ),
        "gallery": lambda: _gallery(opened, results[-1]),
    }


def _gallery(opened: Opened[InstanceSettings, InstanceData], result: InstanceResult) -> Any:
    """Queries drawn at random and their nearest pictures, without those that do not count."""
    benchmark = opened.data.benchmarks[0]
    queries, database = benchmark.queries, benchmark.database
    # Of revisited sets the one in which easy and hard pictures are right.
    truth = benchmark.protocols.get("medium") or next(iter(benchmark.protocols.values()))
    searching = np.flatnonzero([len(positives) for positives in truth.positives])
    generator = np.random.default_rng(opened.config.seed)
    chosen = generator.permutation(searching)[:GALLERY_QUERIES]
    indices, similarities = rank(*result.found[MULTI_SCALE].descriptors[benchmark.name])
    counts = [np.flatnonzero(~np.isin(indices[q], truth.ignored[q])) for q in chosen]
    shortest = min(GALLERY_ANSWERS, *map(len, counts))
    places = np.array([places[:shortest] for places in counts])
    answers = np.take_along_axis(indices[chosen], places, axis=1)
    shown = pictures.pixels(database, answers.ravel(), GALLERY_PIXELS, GALLERY_BATCH)
    return plots.gallery(
        pictures.pixels(queries, chosen, GALLERY_PIXELS, GALLERY_BATCH, queries.boxes),
        shown.reshape(*answers.shape, *shown.shape[1:]),
        np.stack([np.isin(a, truth.positives[q]) for q, a in zip(chosen, answers, strict=True)]),
        query_names=[queries.class_names[queries.labels[q]] for q in chosen],
        distances=np.round(np.take_along_axis(similarities[chosen], places, axis=1), 2),
        title=(
            f"{result.title}, whitened, multi-scale: queries drawn at random and their answers "
            "(similarity below; junk left out)"
        ),
    )
