"""Sharp things around the bird: its perch, distractors, leaves and grass in front."""

import random
from collections.abc import Callable

import numpy as np

from data_pipelines.drawn_birds.backdrops import AUTUMN, GREENS, WOOD
from data_pipelines.drawn_birds.canvas import Colour, Pen, shade, smooth, turn

FRUIT: tuple[Colour, ...] = (
    (178, 40, 44),
    (220, 120, 40),
    (64, 70, 120),
    (236, 226, 214),
    (228, 190, 60),
)


def leaf(start: complex, along: complex, width: float) -> np.ndarray:
    """Outline of a pointed leaf from ``start`` to ``start + along``."""
    side = 1j * along * width
    keys = [start, start + 0.35 * along + side, start + along, start + 0.35 * along - side]
    return smooth(keys, 12, closed=True)


def draw_leaf(pen: Pen, start: complex, along: complex, colour: Colour) -> None:
    """A leaf with its midrib."""
    pen.fill(leaf(start, along, 0.24), colour)
    pen.stroke(np.array([start, start + 0.9 * along]), shade(colour, 1.35), abs(along) * 0.04)


def draw_branch(pen: Pen, keys: list[complex], width: float, colour: Colour) -> np.ndarray:
    """A branch through ``keys``, lit from above; returns its middle line."""
    middle = smooth(keys, 14)
    pen.stroke(middle, shade(colour, 0.72), width)
    pen.stroke(middle - 0.22j * width, colour, width * 0.5)
    pen.stroke(middle - 0.36j * width, shade(colour, 1.3), width * 0.14)
    return middle


def _branch(
    dice: random.Random, pen: Pen, at: complex, slope: complex, unit: float, size: int
) -> None:
    width = unit * dice.uniform(0.08, 0.17)
    bend = 1j * dice.uniform(-0.08, 0.08) * size
    far = 1.1 * size * slope
    keys = [at - far + bend, at + 0.45j * width, at + far + bend]
    for point in draw_branch(pen, keys, width, dice.choice(WOOD))[2:-2:2]:
        if dice.random() < 0.5:
            along = unit * dice.uniform(0.18, 0.34) * turn(dice.uniform(-3.1, 3.1))
            draw_leaf(pen, complex(point), along, dice.choice(GREENS))


def _wire(
    dice: random.Random, pen: Pen, at: complex, slope: complex, unit: float, size: int
) -> None:
    far = 1.1 * size * slope
    draw_branch(pen, [at - far, at, at + far], 0.035 * unit, dice.choice(WOOD))


def _post(
    dice: random.Random, pen: Pen, at: complex, slope: complex, unit: float, size: int
) -> None:
    wood, half, down = dice.choice(WOOD), unit * dice.uniform(0.16, 0.26), 2j * size
    pen.fill(at + np.array([-half, half, half + down, -half + down]), wood)
    dark = at + np.array([-half, -0.4 * half, -0.4 * half + down, -half + down])
    pen.fill(dark, shade(wood, 0.7))


def _stone(
    dice: random.Random, pen: Pen, at: complex, slope: complex, unit: float, size: int
) -> None:
    reach = unit * dice.uniform(0.5, 0.9)
    stone = dice.choice(((128, 124, 118), (96, 96, 100), (150, 138, 118)))
    top = np.array([-1.0 + 0.45j, -0.6 + 0.02j, -0.02j, 0.55 + 0.03j, 1.0 + 0.4j])
    side = np.concatenate([top, [1.6 + 2.5j, -1.6 + 2.5j]])
    pen.fill(smooth(at + reach * side, 24, closed=True), shade(stone, 0.75))
    pen.fill(smooth(at + reach * (0.86 * top + 0.05j), 16, closed=True), stone)


PERCHES = (_branch, _branch, _branch, _wire, _post, _stone)


def perch(
    dice: random.Random, pen: Pen, feet: tuple[complex, complex], unit: float, size: int
) -> None:
    """Something under the feet that leaves the picture: a branch, wire, post or stone."""
    step = feet[1] - feet[0]
    rise = step.imag / step.real if abs(step.real) > 1 else 0.0
    rise = max(-0.5, min(0.5, rise)) + dice.uniform(-0.12, 0.12)
    dice.choice(PERCHES)(dice, pen, (feet[0] + feet[1]) / 2, 1 + 1j * rise, unit, size)


def _fruit(dice: random.Random, pen: Pen, at: complex, size: int) -> None:
    colour = dice.choice(FRUIT)
    for _ in range(dice.randint(2, 6)):
        centre = at + size * complex(dice.uniform(-0.07, 0.07), dice.uniform(-0.05, 0.07))
        radius = size * dice.uniform(0.018, 0.034)
        pen.dot(centre, radius, shade(colour, 0.7))
        pen.dot(centre - (0.12 + 0.12j) * radius, radius * 0.82, colour)
        pen.dot(centre - (0.35 + 0.4j) * radius, radius * 0.22, shade(colour, 2.2))


def _flower(dice: random.Random, pen: Pen, at: complex, size: int) -> None:
    colour, radius = dice.choice(FRUIT), size * dice.uniform(0.035, 0.07)
    first = dice.uniform(0, 1.2)
    for k in range(5):
        draw_leaf(pen, at, radius * 1.5 * turn(first + 1.2566 * k), colour)
    pen.dot(at, radius * 0.4, (222, 178, 60))


def _butterfly(dice: random.Random, pen: Pen, at: complex, size: int) -> None:
    colour, reach = dice.choice(FRUIT), size * dice.uniform(0.05, 0.09)
    lean = turn(dice.uniform(-0.9, 0.9))
    for side in (-1, 1):
        for angle, long in ((-0.7, 1.0), (0.6, 0.75)):
            wing = complex(side * np.cos(angle), np.sin(angle)) * reach * long * lean
            pen.fill(leaf(at, wing, 0.42), colour)
            pen.dot(at + 0.72 * wing, reach * 0.12, shade(colour, 0.4))
    pen.stroke(
        np.array([at - 0.5j * reach * lean, at + 0.6j * reach * lean]), (40, 34, 32), reach * 0.14
    )


def _feeder(dice: random.Random, pen: Pen, at: complex, size: int) -> None:
    wood, half = dice.choice(WOOD), size * dice.uniform(0.06, 0.11)
    pen.fill(at + half * np.array([-1 - 0.6j, 1 - 0.6j, 1 + 1.4j, -1 + 1.4j]), wood)
    pen.fill(at + half * np.array([-1.35 - 0.5j, 0 - 1.6j, 1.35 - 0.5j]), dice.choice(FRUIT))
    pen.dot(at + 0.2j * half, half * 0.42, (30, 26, 26))


def _twig(dice: random.Random, pen: Pen, at: complex, size: int) -> None:
    across = size * dice.uniform(0.5, 1.2) * turn(dice.uniform(-3.1, 3.1))
    bow = size * complex(0, dice.uniform(-0.1, 0.1))
    line = draw_branch(
        pen,
        [at - across, at + bow, at + across],
        size * dice.uniform(0.008, 0.035),
        dice.choice(WOOD),
    )
    leaves = dice.choice((GREENS, GREENS, AUTUMN))
    for point in line[1::2]:
        if dice.random() < 0.6:
            along = size * dice.uniform(0.06, 0.14) * turn(dice.uniform(-3.1, 3.1))
            draw_leaf(pen, complex(point), along, dice.choice(leaves))


OBJECTS: tuple[Callable[[random.Random, Pen, complex, int], None], ...] = (
    _twig, _twig, _twig, _fruit, _fruit, _flower, _flower, _butterfly, _feeder,
)  # fmt: skip


def distractors(dice: random.Random, pen: Pen, size: int, strength: float) -> None:
    """Sharp things behind the bird that draw the eye: about ``2 strength`` a picture."""
    count = int(4 * strength * dice.random() + 0.5)
    for _ in range(count):
        at = complex(dice.uniform(0.04, 0.96), dice.uniform(0.04, 0.96)) * size
        dice.choice(OBJECTS)(dice, pen, at, size)


def occluders(dice: random.Random, size: int, centre: complex) -> list[tuple[np.ndarray, Colour]]:
    """Leaves and grass in front of the bird, as shapes with colours, furthest first."""
    shapes: list[tuple[np.ndarray, Colour]] = []
    leaves = dice.choice((GREENS, GREENS, AUTUMN))
    kind = dice.choice(("none", "sprig", "grass"))
    if kind == "sprig":
        at = centre + size * 0.34 * turn(dice.uniform(-3.1, 3.1))
        for _ in range(dice.randint(2, 5)):
            along = size * dice.uniform(0.14, 0.28) * turn(dice.uniform(-3.1, 3.1))
            colour = dice.choice(leaves)
            shapes.append((leaf(at, along, 0.22), colour))
            shapes.append((leaf(at, along, 0.02), shade(colour, 1.4)))
    elif kind == "grass":
        for _ in range(dice.randint(3, 8)):
            foot = size * complex(dice.uniform(0, 1), 1.05)
            along = size * complex(dice.uniform(-0.3, 0.3), -dice.uniform(0.3, 0.8))
            shapes.append(
                (leaf(foot, along, 0.03), shade(dice.choice(leaves), dice.uniform(0.7, 1.3)))
            )
    return shapes
