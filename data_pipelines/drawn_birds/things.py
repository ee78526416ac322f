"""Large objects that are no bird: each kind fills most of a circle of radius ``reach``.

They take the birds' colours, so that no colour tells a bird from a thing.
"""

import random
from collections.abc import Callable

import numpy as np

from data_pipelines.drawn_birds.backdrops import GREENS, WOOD
from data_pipelines.drawn_birds.canvas import CIRCLE, Colour, Pen, mix, shade, smooth, turn
from data_pipelines.drawn_birds.scene import FRUIT, draw_leaf, leaf
from data_pipelines.drawn_birds.species import ACCENT, PALE, PLUMAGE

COLOURS: tuple[Colour, ...] = (*FRUIT, *ACCENT.values(), *PALE.values(), *PLUMAGE.values())
DARK: Colour = (34, 30, 30)


def _fruit(dice: random.Random, pen: Pen, at: complex, reach: float) -> None:
    """One large fruit, or up to four in a bunch, with leaves."""
    colour, count = dice.choice(COLOURS), dice.choice((1, 1, 2, 3, 4))
    spread = 0.0 if count == 1 else 0.48 * reach
    first, flat = dice.uniform(-3.1, 3.1), dice.uniform(0.8, 1.0)
    radius = (0.86 if count == 1 else 0.52) * reach
    for _ in range(dice.randint(1, 3)):
        along = reach * dice.uniform(0.7, 1.1) * turn(dice.uniform(-2.6, -0.5))
        draw_leaf(pen, at, along, dice.choice(GREENS))
    pen.stroke(np.array([at, at - (0.1 + 1.0j) * reach]), dice.choice(WOOD), 0.09 * reach)
    for k in range(count):
        centre = at + spread * turn(first + 6.2832 * k / count)
        round_ = radius * (CIRCLE.real + 1j * flat * CIRCLE.imag)
        pen.fill(centre + round_, shade(colour, 0.62))
        pen.fill(centre - (0.05 + 0.06j) * radius + 0.9 * round_, shade(colour, 0.85))
        pen.fill(centre - (0.12 + 0.14j) * radius + 0.74 * round_, colour)
        pen.fill(centre - (0.36 + 0.4j) * radius + 0.17 * round_, shade(colour, 2.4))
        for _ in range(7):
            pore = radius * 0.7 * dice.uniform(0.1, 1) * turn(dice.uniform(-3.1, 3.1))
            pen.dot(centre + pore, 0.035 * radius, shade(colour, 0.6))


def _flower(dice: random.Random, pen: Pen, at: complex, reach: float) -> None:
    """Two rings of petals around a dotted heart."""
    outer, inner = dice.sample(COLOURS, 2)
    petals, first, wide = dice.randint(5, 9), dice.uniform(0, 1.2), dice.uniform(0.2, 0.34)
    for length, width, colour in ((1.0, wide, outer), (0.66, 0.8 * wide, mix(outer, inner, 0.6))):
        for k in range(petals):
            petal = reach * length * turn(first + 6.2832 * (k + length) / petals)
            pen.fill(leaf(at, petal, width + 0.05), shade(colour, 0.66))
            pen.fill(leaf(at, 0.96 * petal, width), colour)
            pen.stroke(np.array([at, at + 0.8 * petal]), shade(colour, 0.7), 0.03 * reach)
    heart = dice.choice(((222, 178, 60), (92, 62, 40), (196, 140, 52)))
    pen.dot(at, 0.3 * reach, shade(heart, 0.7))
    pen.dot(at, 0.24 * reach, heart)
    for k in range(8):
        pen.dot(at + 0.15 * reach * turn(first + 0.7854 * k), 0.04 * reach, shade(heart, 0.5))


def _butterfly(dice: random.Random, pen: Pen, at: complex, reach: float) -> None:
    """Two pairs of bordered, spotted wings."""
    fore, hind, spot = dice.sample(COLOURS, 3)
    lean, folded = turn(dice.uniform(-0.9, 0.9)), dice.uniform(0.65, 1.0)
    border, wide = shade(fore, 0.35), dice.uniform(0.36, 0.48)
    for colour, angle, long in ((hind, 0.75, 0.82), (fore, -0.62, 1.0)):
        for side in (-1, 1):
            wing = complex(side * folded * np.cos(angle), np.sin(angle)) * reach * long * lean
            pen.fill(leaf(at, wing, wide), border)
            pen.fill(leaf(at, 0.86 * wing, 0.92 * wide), colour)
            for vein in (-0.22, 0.0, 0.22):
                pen.stroke(np.array([at, at + 0.8 * wing * turn(vein)]), border, 0.025 * reach)
            pen.dot(at + 0.56 * wing, 0.12 * reach, border)
            pen.dot(at + 0.56 * wing, 0.075 * reach, spot)
    up = -1j * lean * reach
    pen.stroke(np.array([at + 0.42 * up, at - 0.5 * up]), DARK, 0.13 * reach)
    pen.dot(at + 0.46 * up, 0.09 * reach, DARK)
    for aside in (-0.3, 0.3):
        pen.stroke(np.array([at + 0.46 * up, at + 0.85 * up * turn(aside)]), DARK, 0.025 * reach)


def _nest_box(dice: random.Random, pen: Pen, at: complex, reach: float) -> None:
    """A box of planks under a roof, with a hole and a rod."""
    wall, roof = dice.choice((*WOOD, *COLOURS)), dice.choice(COLOURS)
    lean, half = turn(dice.uniform(-0.12, 0.12)), dice.uniform(0.5, 0.62)

    def put(points: list[complex]) -> np.ndarray:
        return at + reach * lean * np.array(points)

    pen.fill(put([-half - 0.2j, half - 0.2j, half + 0.85j, -half + 0.85j, -half - 0.2j]), wall)
    pen.fill(put([-half - 0.2j, -0.9j, half - 0.2j]), shade(wall, 0.85))
    pen.fill(
        put([0.6 * half - 0.2j, half - 0.2j, half + 0.85j, 0.6 * half + 0.85j]), shade(wall, 0.75)
    )
    for plank in (0.1j, 0.4j, 0.66j):
        pen.stroke(put([-half + plank, half + plank]), shade(wall, 0.6), 0.025 * reach)
    eaves = half + 0.24
    pen.fill(put([-eaves - 0.1j, -0.98j, -0.74j, -eaves + 0.1j]), roof)
    pen.fill(put([eaves - 0.1j, -0.98j, -0.74j, eaves + 0.1j]), shade(roof, 0.7))
    hole = at + 0.18j * reach * lean
    pen.dot(hole, 0.23 * reach, shade(wall, 1.5))
    pen.dot(hole, 0.19 * reach, DARK)
    pen.stroke(put([0.5j, 0.58j]), shade(wall, 0.45), 0.1 * reach)


def _mushroom(dice: random.Random, pen: Pen, at: complex, reach: float) -> None:
    """A spotted cap on a pale stem."""
    cap, stem = dice.choice(COLOURS), dice.choice(tuple(PALE.values()))
    lean, tall = turn(dice.uniform(-0.3, 0.3)), dice.uniform(0.5, 0.95)

    def put(points: list[complex]) -> np.ndarray:
        return at + reach * lean * np.array(points)

    thick = dice.uniform(0.18, 0.3)
    pen.fill(put([-thick, thick, 1.25 * thick + 0.95j, -1.25 * thick + 0.95j]), stem)
    pen.fill(put([0.3 * thick, thick, 1.25 * thick + 0.95j, 0.5 * thick + 0.95j]), shade(stem, 0.7))
    dome = [-0.95 + 0.1j, -0.8 - 0.5j * tall, -1j * tall, 0.8 - 0.5j * tall, 0.95 + 0.1j, 0.22j]
    gills = smooth(put([-0.9 + 0.08j, 0.0j, 0.9 + 0.08j, 0.32j]), 20, closed=True)
    pen.fill(smooth(put(dome), 28, closed=True), cap)
    pen.fill(gills, shade(stem, 0.6))
    pen.fill(
        smooth(
            put([0.88 + 0.05j, 0.72 - 0.46j * tall, 0.4 - 0.8j * tall, 0.5j * -tall + 0.6]),
            20,
            closed=True,
        ),
        shade(cap, 0.7),
    )
    light = dice.choice(COLOURS)
    for k in range(dice.randint(0, 6)):
        place = -0.6 + 0.24 * k - 1j * tall * dice.uniform(0.15, 0.75) * (1 - abs(0.6 - 0.24 * k))
        pen.dot(at + reach * lean * place, reach * dice.uniform(0.06, 0.12), light)


def _snail(dice: random.Random, pen: Pen, at: complex, reach: float) -> None:
    """A coiled shell on a crawling foot."""
    shell, flesh = dice.choice(COLOURS), dice.choice((*WOOD, *PLUMAGE.values()))
    side, coil = dice.choice((-1, 1)), shade(shell, 0.55)

    def put(points: np.ndarray | list[complex]) -> np.ndarray:
        flat = np.asarray(points, complex)
        return at + reach * (side * flat.real + 1j * flat.imag)

    foot = [-0.98 + 0.72j, -0.2 + 0.5j, 0.55 + 0.4j, 0.72 - 0.2j, 0.98 - 0.18j, 0.92 + 0.62j, 0.76j]
    pen.fill(smooth(put(foot), 36, closed=True), flesh)
    for root, tip in ((0.82 - 0.15j, 0.74 - 0.62j), (0.92 - 0.15j, 0.98 - 0.55j)):
        pen.stroke(put([root, tip]), flesh, 0.05 * reach)
        pen.dot(complex(put([tip])[0]), 0.05 * reach, DARK)
    middle, radius = -0.16 - 0.08j, dice.uniform(0.62, 0.7)
    pen.fill(put(middle + radius * CIRCLE), coil)
    pen.fill(put(middle + 0.93 * radius * CIRCLE), shell)
    turns = np.linspace(0, 1, 44)
    spiral = middle + radius * (1 - 0.92 * turns) * np.exp(1j * (0.9 + 15.0 * turns))
    pen.stroke(put(spiral), coil, 0.06 * reach)
    for k in range(dice.choice((0, 9))):
        bar = radius * turn(0.7 * k + 0.3)
        pen.stroke(put([middle + 0.7 * bar, middle + 0.9 * bar]), coil, 0.06 * reach)


KINDS: dict[str, Callable[[random.Random, Pen, complex, float], None]] = {
    "butterfly": _butterfly,
    "flower": _flower,
    "fruit": _fruit,
    "mushroom": _mushroom,
    "nest_box": _nest_box,
    "snail": _snail,
}
