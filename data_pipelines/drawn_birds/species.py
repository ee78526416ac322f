"""Who the birds are: made-up genera and species, and the individuals of a species.

A genus fixes the shape (build, bill, tail) and a palette of five plumage colours. Its species start
from one prototype and differ from each other in a few parts only: which colour sits where. So a
colour histogram says little about the species, as with real look-alike birds. Everything is a pure
function of the seed: species 12 of seed 0 is the same bird in every configuration.
"""

import dataclasses
import random

from data_pipelines.drawn_birds.canvas import Colour

SPECIES_PER_GENUS = 5
CHANGED_PARTS = 8

PLUMAGE: dict[str, Colour] = {
    "sooty": (38, 36, 40),
    "slate": (82, 92, 106),
    "ash": (134, 138, 140),
    "umber": (92, 68, 48),
    "earth": (126, 98, 70),
    "sand": (176, 148, 110),
    "olive": (104, 108, 62),
    "moss": (132, 138, 84),
    "steel": (70, 98, 136),
    "teal": (52, 108, 110),
}
PALE: dict[str, Colour] = {
    "white": (240, 238, 230),
    "cream": (236, 222, 188),
    "buff": (218, 190, 146),
    "pearl": (202, 204, 202),
    "straw": (226, 208, 130),
}
ACCENT: dict[str, Colour] = {
    "rust": (166, 80, 40),
    "crimson": (176, 42, 44),
    "lemon": (228, 196, 52),
    "orange": (220, 126, 44),
    "azure": (72, 134, 196),
    "rose": (206, 124, 126),
}
BARE: tuple[Colour, ...] = (
    (52, 48, 48),
    (112, 92, 76),
    (196, 150, 70),
    (206, 104, 60),
    (96, 108, 122),
)

# Bill: length, depth at the base and downward bend, in head radii.
BILLS: dict[str, tuple[float, float, float]] = {
    "cone": (0.75, 0.66, 0.10),
    "needle": (0.95, 0.26, 0.02),
    "wedge": (0.95, 0.44, 0.04),
    "sickle": (1.55, 0.30, 0.42),
    "hook": (0.85, 0.52, 0.26),
    "dagger": (1.45, 0.40, 0.00),
}

GENERA = (
    "tirrin", "wickle", "pellot", "dunnary", "sorrick", "calloo", "brindlet", "hespin", "quillet",
    "marrowit", "fennick", "tolliver", "grisset", "ploverel", "anderling", "skirrit", "bracklet",
    "chiffer", "lorrikin", "nuttler", "oxeye", "pirrup", "rillet", "sedgekin", "tansel", "umberlin",
    "vireling", "wendle", "yaffin", "zitterel", "burrel", "corvin", "drossel", "emberkin",
    "flitchet", "gorsel", "hollin", "ivelet", "jassick", "kestrin", "lintern", "merlow",
)  # fmt: skip
EPITHETS = (
    "fen", "heath", "alder", "coastal", "upland", "river", "thorn", "meadow", "hermit", "northern",
    "cinder", "orchard", "island", "juniper", "lowland", "valley", "winter", "willow", "dusky",
    "evening",
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Species:
    """One class: shape, colours and the marks a birder would look for."""

    name: str
    plump: float
    head_size: float
    neck: float
    bill: str
    bill_scale: float
    tail_length: float
    tail_spread: float
    tail_notch: float
    leg_length: float
    back: Colour
    under: Colour
    wing: Colour
    tail: Colour
    hood: Colour
    bill_colour: Colour
    leg_colour: Colour
    crown: tuple[str, Colour]
    face: tuple[str, Colour]
    eye_ring: Colour | None
    throat: Colour | None
    breast: tuple[str, Colour]
    flank: Colour | None
    wing_bars: tuple[int, Colour]
    wing_panel: Colour | None
    tail_mark: tuple[str, Colour]


def _pick_parts(dice: random.Random, colours: dict[str, Colour]) -> dict[str, object]:
    """One draw of every part in which the species of a genus may differ."""
    dark, pale, accent = colours["dark"], colours["pale"], colours["accent"]
    upper, second = colours["upper"], colours["second"]
    return {
        "bill_scale": dice.choice((0.8, 1.0, 1.25)),
        "bill_colour": dice.choice(BARE),
        "leg_colour": dice.choice(BARE),
        "back": dice.choice((upper, upper, second)),
        "under": dice.choice((pale, pale, pale, accent)),
        "wing": dice.choice((upper, second, dark)),
        "tail": dice.choice((upper, second, dark)),
        "hood": dice.choice((upper, upper, second, dark)),
        "crown": dice.choice(
            (("none", upper), ("cap", dark), ("cap", accent), ("stripe", pale), ("crest", dark))
        ),
        "face": dice.choice(
            (("none", upper), ("brow", pale), ("line", dark), ("mask", dark), ("cheek", accent))
        ),
        "eye_ring": dice.choice((None, None, pale, accent)),
        "throat": dice.choice((None, pale, dark, accent)),
        "breast": dice.choice(
            (("plain", pale), ("streaks", dark), ("spots", dark), ("band", dark), ("bib", accent))
        ),
        "flank": dice.choice((None, None, accent, second)),
        "wing_bars": dice.choice(((0, pale), (1, pale), (2, pale), (2, accent))),
        "wing_panel": dice.choice((None, None, accent, pale)),
        "tail_mark": dice.choice(
            (("none", dark), ("tip", pale), ("band", dark), ("edges", pale), ("tip", accent))
        ),
    }


def _genus(seed: int, number: int) -> tuple[dict[str, object], dict[str, Colour]]:
    dice = random.Random(f"{seed}/genus/{number}")
    upper, second = dice.sample(sorted(PLUMAGE), 2)
    colours = {
        "upper": PLUMAGE[upper],
        "second": PLUMAGE[second],
        "dark": dice.choice((PLUMAGE["sooty"], PLUMAGE["umber"], PLUMAGE["slate"])),
        "pale": PALE[dice.choice(sorted(PALE))],
        "accent": ACCENT[dice.choice(sorted(ACCENT))],
    }
    shape: dict[str, object] = {
        "plump": dice.uniform(0.82, 1.16),
        "head_size": dice.uniform(0.9, 1.18),
        "neck": dice.uniform(0.85, 1.2),
        "bill": dice.choice(sorted(BILLS)),
        "tail_length": dice.uniform(0.38, 0.78),
        "tail_spread": dice.uniform(0.6, 1.3),
        "tail_notch": dice.uniform(-0.12, 0.2),
        "leg_length": dice.uniform(0.75, 1.3),
    }
    return shape, colours


def _genus_species(seed: int, number: int) -> list[Species]:
    shape, colours = _genus(seed, number)
    dice = random.Random(f"{seed}/species/{number}")
    prototype = _pick_parts(dice, colours)
    family: list[dict[str, object]] = []
    while len(family) < SPECIES_PER_GENUS:
        fresh = _pick_parts(dice, colours)
        changed = dice.sample(sorted(prototype), CHANGED_PARTS)
        parts = {**prototype, **{part: fresh[part] for part in changed}}
        # Bare parts and rings are small: four plumage parts must tell any two species apart.
        plumage = [part for part in parts if part not in ("bill_colour", "leg_colour", "eye_ring")]
        if all(sum(parts[p] != other[p] for p in plumage) >= 4 for other in family):
            family.append(parts)
    epithets = dice.sample(EPITHETS, SPECIES_PER_GENUS)
    return [
        Species(name=f"{epithet}_{GENERA[number]}", **shape, **parts)  # type: ignore[arg-type]
        for epithet, parts in zip(epithets, family, strict=True)
    ]


def make_species(count: int, seed: int = 0) -> tuple[Species, ...]:
    """The first ``count`` species; a prefix stays the same whatever the count.

    Raises ``ValueError`` when more species are asked for than there are names.

    >>> [bird.name for bird in make_species(6)][:2] == [bird.name for bird in make_species(2)]
    True
    """
    most = len(GENERA) * SPECIES_PER_GENUS
    if not 1 <= count <= most:
        raise ValueError(f"drawn_birds has 1 to {most} classes, not {count}: choose a number in it")
    genera = -(-count // SPECIES_PER_GENUS)
    return tuple(bird for g in range(genera) for bird in _genus_species(seed, g))[:count]
