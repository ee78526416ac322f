"""What a run of GDF-Net says: its rows beside the adaptive triplet's, and how bits are used."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from recipes.common import measure, pictures
from recipes.common.about import about
from recipes.common.data import Divided
from recipes.common.opened import Opened
from recipes.common.report import Column, Figure, Pair, Report, Table
from recipes.gdf.gdf_result import GdfResult, shown
from recipes.gdf.rivals import FROZEN, Frozen
from recipes.gdf.settings import ADAPTIVE, BALANCE, CROSS_ENTROPY, FIXED, TITLES, GdfSettings
from tfretrieval import plots

ACCURACY, RATE = Column("accuracy"), Column("rate", "")
USAGE_COLUMNS = (
    Column("least ones"),
    Column("most ones"),
    Column("entropy", ""),
    Column("least entropy", ""),
    Column("constant bits", ""),
    Column("correlation", ""),
    Column("mean size", ""),
)
USAGE_DEFINITION = (
    "Over the codes of the database. Ones, %: share of the pictures in which a bit is 1, of the "
    "bit with the least and of the one with the most. Entropy of a bit, mean and least: 1 where "
    "half of the pictures have it, 0 where it is constant. Correlation: mean absolute Pearson "
    "correlation of two different bits. Mean size: of a relaxed bit before its sign is taken, 1 "
    "where there is nothing to quantise."
)
# Parts that are shown.
PARTS = 6


def compose(
    opened: Opened[GdfSettings, Divided],
    lengths: Mapping[int, Sequence[GdfResult]],
    frozen: Frozen,
) -> Report:
    """The report of the rows of a run.

    Args:
        lengths: bits -> the rows of this length; those of ``--bits`` first.
    """
    config = opened.config
    results = lengths[config.bits]
    tables = [
        Table(
            "",
            ("trained by",),
            (*measure.COLUMNS, ACCURACY, RATE),
            {
                (r.title,): {**r.row.figures, ACCURACY.name: r.accuracy, RATE.name: f"{r.rate:g}"}
                for r in results
            },
            (
                f"- mAP, %: {results[0].row.definition}",
                *measure.DEFINITIONS,
                f"- Accuracy, %: {measure.ACCURACY}, by the classifier above the codes, for frozen "
                "rows by the frozen one.",
                *_methods(config),
            ),
        )
    ]
    if len(lengths) > 1:
        tables.append(_lengths(lengths, results))
    tables.append(
        Table(
            "How the bits are used",
            ("trained by",),
            USAGE_COLUMNS,
            {(result.title,): _usage(result) for result in results},
            (USAGE_DEFINITION,),
        )
    )
    return Report(
        title=f"{config.recipe} on {opened.data.name}, {config.bits} bits",
        seed=config.seed,
        about=about(opened),
        tables=tuple(tables),
        pairs=tuple(Pair((TITLES[first],), (TITLES[second],)) for first, second in _pairs(config)),
        precisions={(result.title,): result.row.average_precision for result in results},
        histories={
            FROZEN: frozen.history,
            **{f"{r.name}, {bits} bits": r.history for bits in lengths for r in lengths[bits]},
        },
        seconds={
            **{
                result.title: sum(rows[i].seconds for rows in lengths.values())
                for i, result in enumerate(results)
            },
            "frozen classifier": float(frozen.history["seconds"].sum()),
            "its features": frozen.seconds,
        },
        figures=_figures(opened, results),
    )


def _lengths(lengths: Mapping[int, Sequence[GdfResult]], results: Sequence[GdfResult]) -> Table:
    return Table(
        "mAP by length of the code",
        ("trained by",),
        tuple(Column(f"{bits} bits") for bits in sorted(lengths)),
        {
            (result.title,): {
                f"{bits} bits": rows[i].row.figures["mAP"] for bits, rows in lengths.items()
            }
            for i, result in enumerate(results)
        },
    )


def _usage(result: GdfResult) -> dict[str, Figure]:
    """The figures of :data:`USAGE_COLUMNS`."""
    usage = result.usage
    return {
        "least ones": float(usage.shares.min()),
        "most ones": float(usage.shares.max()),
        "entropy": usage.mean_entropy,
        "least entropy": float(usage.entropies.min()),
        "constant bits": float(usage.constant),
        "correlation": usage.mean_absolute_correlation,
        "mean size": float(np.abs(result.codes).mean()),
    }


def _methods(config: GdfSettings) -> Iterator[str]:
    """What the names of the rows mean."""
    yield (
        f"- backbone: {config.backbone} up to {config.layer or 'its last stage but one'}, pooled, "
        "hash layer, cross-entropy of a classifier on the codes, all trained at once. Every + adds "
        f"to all before it, in the order attention ({config.parts} parts), graph "
        f"({config.neighbours} neighbours), Cauchy quantisation (weight {config.quantization:g}, "
        f"gamma {config.gamma:g}), bit balance per {config.balance_per} (weight "
        f"{config.balance:g}), augmentation by crops and drops where parts look."
    )
    if config.weights == "none" and config.pretraining:
        yield (
            f"- Every row, the frozen classifier too, starts from a classifier trained for "
            f"{config.pretraining} epochs on the same pictures."
        )
    yield (
        "- frozen: the adaptive triplet network on the same backbone: a classifier trained by "
        "cross-entropy for as many epochs, then hash layers on its pooled features; fixed margin "
        f"{config.margin:g}."
    )
    chosen = "nothing is chosen"
    if config.rates:
        rates = ", ".join(f"{rate:g}" for rate in config.rates)
        chosen = f"of the rates {rates} held-out training pictures chose one for each row"
    yield f"- Last epoch; weights, margin and epochs were set beforehand; {chosen}."


def _pairs(config: GdfSettings) -> Iterator[tuple[str, str]]:
    """Every row and the one before it, the adaptive margin and its rivals, the two papers."""
    yield from ((second, first) for first, second in itertools.pairwise(config.rows))
    yield from ((ADAPTIVE, CROSS_ENTROPY), (ADAPTIVE, FIXED))
    yield config.rows[-1], ADAPTIVE


def _figures(
    opened: Opened[GdfSettings, Divided], results: Sequence[GdfResult]
) -> dict[str, Callable[[], Any]]:
    """Name of a figure -> function that draws it."""
    config = opened.config
    name = f"{opened.data.name}, {config.bits} bits"
    # The balance term's row and the one before it, or the last two.
    end = config.rows.index(BALANCE) + 1 if BALANCE in config.rows else len(config.rows)
    compared = config.rows[max(end - 2, 0) : end]
    exported = next(result for result in results if result.name == config.rows[-1])
    drawn: dict[str, Callable[[], Any]] = {
        "bit_usage": lambda: plots.bit_shares(
            {result.title: result.usage for result in results if result.name in compared},
            f"{name}: the bits of the database",
        ),
        "gallery": lambda: pictures.gallery(opened, exported.codes, exported.title),
    }
    maps = exported.attention
    if maps is not None:
        drawn["parts"] = lambda: _parts(opened, exported.title, maps)
    return drawn


def _parts(opened: Opened[GdfSettings, Divided], title: str, maps: np.ndarray) -> Any:
    strongest = np.argsort(-maps.mean(axis=(0, 1, 2)), kind="stable")[:PARTS]
    return plots.part_attention(
        shown(opened, max(opened.config.image_size, 2 * pictures.LEAST_PIXELS)),
        {f"part {part + 1}": maps[..., part] for part in np.sort(strongest)},
        f"{opened.data.name}, {title}: queries drawn at random, and the "
        f"{len(strongest)}\nof {maps.shape[-1]} parts that answer to them most",
    )
